// Functions of the league table that AG Grid calls by name.
var dagfuncs = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});

(function () {
  "use strict";
  var MINUS = "\u2212";
  function whole(value) {
    var size = Math.round(Math.abs(value));
    return (value < 0 && size > 0 ? MINUS : "") + size;
  }
  function text(value, kind) {
    if (value === null || value === undefined) { return "\u2013"; }
    if (kind === "share") { return whole(value * 100) + "\u202f%"; }
    return kind === "nps" ? whole(value) : value.toFixed(1);
  }
  dagfuncs.bpScore = function (params, kind) { return text(params.value, kind); };
  dagfuncs.bpSigned = function (value, kind) {
    var size = text(Math.abs(value), kind);
    if (parseFloat(size) === 0) { return "\u00b1" + size; }
    return (value > 0 ? "+" : MINUS) + size;
  };
  dagfuncs.bpText = text;
  dagfuncs.bpCount = function (params) {
    if (params.value === null || params.value === undefined) { return "<\u202f5"; }
    return String(params.value).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
  };
  dagfuncs.bpMoney = function (params) {
    if (params.value === null || params.value === undefined) { return "\u2013"; }
    return params.value.toFixed(2).replace(/\B(?=(\d{3})+\.)/g, "\u202f");
  };
  // Whatever one sorts by: branches below the ranking tier stay apart, behind the ranked ones.
  // Then every row learns whether it is bracketed with its neighbours as they stand now: a tie is
  // of two branches that follow each other, so another order or a filter takes its bracket away.
  dagfuncs.bpRankedFirst = function (params) {
    var nodes = params.nodes;
    var ranked = nodes.filter(function (node) { return node.data.ranked; });
    var apart = nodes.filter(function (node) { return !node.data.ranked; });
    ranked.concat(apart).forEach(function (node, place) { nodes[place] = node; });
    nodes.forEach(function (node, place) {
      var before = nodes[place - 1], after = nodes[place + 1];
      node.data.bracket = {
        place: place,
        up: Boolean(before && node.data.tied_with === before.data.unit_code),
        down: Boolean(after && after.data.tied_with === node.data.unit_code)
      };
    });
    window.setTimeout(function () {
      if (!params.api.isDestroyed()) {
        dagfuncs.bpFit(params);  // the first size of a grid is told to nobody
        // Of other numbers a drawn cell hears only when its own value changed.
        var drawn = window.bpOldCells(params.api) ? ["unit_name", "interval", "adjusted", "change", "why"] : [];
        params.api.refreshCells({ force: true, columns: ["rank", "card"].concat(drawn) });
        window.bpWhole(params.api);
      }
    }, 0);
  };
  // A narrow table shows each branch as a card, a wide one as a row of columns.
  dagfuncs.bpFit = function (params) {
    var grid = params.api, all = grid.getColumns() || [];
    var narrow = window.matchMedia("(max-width: 640px)").matches;
    var cards = all.filter(function (column) { return column.getColId() === "card"; });
    if (!cards.length || cards[0].isVisible() === narrow) { return; }
    [true, false].forEach(function (wanted) {
      grid.setColumnsVisible(all.filter(function (column) {
        return column !== cards[0] && (!narrow && window.bpShown(grid, column)) === wanted;
      }), wanted);
    });
    grid.setColumnsVisible(cards, narrow);
    grid.setGridOption("headerHeight", narrow ? 0 : 48);
  };
  // What is unknown comes last in both directions.
  dagfuncs.bpUnknownLast = function (first, second, nodeFirst, nodeSecond, descending) {
    var one = first === null || first === undefined;
    var two = second === null || second === undefined;
    if (one && two) { return 0; }
    if (one) { return descending ? -1 : 1; }
    if (two) { return descending ? 1 : -1; }
    return first - second;
  };
})();
