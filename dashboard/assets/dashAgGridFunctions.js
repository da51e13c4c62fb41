// Functions of the league table that AG Grid calls by name.
var dagfuncs = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});

(function () {
  "use strict";
  var MINUS = "\u2212";
  function whole(value) {
    var number = Math.round(value);
    return number < 0 ? MINUS + -number : String(number);
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
  // Whatever one sorts by: branches below the ranking tier stay apart, behind the ranked ones.
  dagfuncs.bpRankedFirst = function (params) {
    var nodes = params.nodes;
    var ranked = nodes.filter(function (node) { return node.data.ranked; });
    var apart = nodes.filter(function (node) { return !node.data.ranked; });
    ranked.concat(apart).forEach(function (node, place) { nodes[place] = node; });
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
