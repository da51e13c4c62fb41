// Dash takes no file that is too large or of another kind, and says nothing: this does.
(function () {
  "use strict";
  function look(event) {
    var box = event.target.closest && event.target.closest("[data-refused]");
    if (!box) { return; }
    var kinds = box.querySelector("input[type=file]").accept.split(",");
    var files = Array.from((event.dataTransfer || event.target).files || []);
    var refused = files.some(function (file) {
      var name = file.name.toLowerCase();
      return file.size > Number(box.dataset.largest) || !kinds.some(function (kind) { return name.endsWith(kind); });
    });
    box.querySelector("[role=alert]").textContent = refused ? box.dataset.refused : "";
  }
  document.addEventListener("change", look, true);
  document.addEventListener("drop", look, true);
})();
