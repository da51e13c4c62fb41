/* Buttons of a list: which was pressed, and about what, goes into the store that it names. */
(function () {
  "use strict";
  document.addEventListener("click", function (event) {
    var button = event.target.closest("button[data-act-for]");
    if (!button) return;
    window.dash_clientside.set_props(button.dataset.actFor, { data: {
      act: button.dataset.act, about: button.dataset.about || "", at: Date.now(),
    } });
  });
})();
