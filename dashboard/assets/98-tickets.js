// A button in a row of a list says what it is about: Dash knows no callbacks of rows.
(function () {
  "use strict";
  document.addEventListener("click", function (event) {
    var pressed = event.target.closest("[data-row-act]");
    if (!pressed || pressed.disabled) { return; }
    window.dash_clientside.set_props("row-act", {
      data: { act: pressed.getAttribute("data-row-act"), at: Date.now() }
    });
  });
})();
