// A button in a row of a list says what it is about: Dash knows no callbacks of rows.
(function () {
  "use strict";
  document.addEventListener("click", function (event) {
    var pressed = event.target.closest("[data-row-act]");
    if (!pressed || pressed.disabled) { return; }
    var said = { data: {
      act: pressed.getAttribute("data-row-act"), about: pressed.getAttribute("data-row-about"),
      at: Date.now()
    } };
    // A link leads away: what it says is told when the page it leads to stands, with its bell.
    var store = pressed.getAttribute("data-row-store") || "row-act";
    var wait = event.target.closest("a[href]") ? 800 : 0;
    window.setTimeout(function () { window.dash_clientside.set_props(store, said); }, wait);
  });
})();
