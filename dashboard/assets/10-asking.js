// The pages about asking, in the browser alone: line numbers of the editor, the way to a line,
// which message is to be sent again.
(function () {
  "use strict";
  var text = function () { return document.getElementById("rules-text"); };
  var gutter = function () { return document.getElementById("rules-gutter"); };

  function draw(value, problems) {
    var place = gutter(), lines = (value || "").split("\n").length, wrong = problems || [];
    if (!place) { return; }
    var rows = document.createDocumentFragment();
    for (var line = 1; line <= lines; line += 1) {
      var row = document.createElement("b");
      row.textContent = String(line);
      if (wrong.indexOf(line) >= 0) { row.className = "bp-wrong"; }
      rows.appendChild(row);
    }
    place.replaceChildren(rows);
    place.scrollTop = text() ? text().scrollTop : 0;
  }

  function goTo(line) {
    var area = text(), lines = area.value.split("\n");
    var start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    area.focus();
    area.setSelectionRange(start, start + (lines[line - 1] || "").length);
    var height = parseFloat(window.getComputedStyle(area).lineHeight);
    area.scrollTop = Math.max(0, (line - 4) * height);
    area.scrollLeft = 0;
  }

  document.addEventListener("scroll", function (event) {
    if (event.target === text() && gutter()) { gutter().scrollTop = event.target.scrollTop; }
  }, true);
  document.addEventListener("click", function (event) {
    var trouble = event.target.closest("[data-line]");
    if (trouble && text()) { goTo(Number(trouble.getAttribute("data-line"))); }
    var again = event.target.closest("[data-letter]");
    if (again && !again.disabled) {
      var letter = { id: again.getAttribute("data-letter"), at: Date.now() };
      window.dash_clientside.set_props("letter", { data: letter });
    }
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.asking = {
    drawLines: function (value, problems) {
      draw(value, problems);
      return window.dash_clientside.no_update;
    }
  };
})();
