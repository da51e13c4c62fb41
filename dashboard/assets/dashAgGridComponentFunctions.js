// Cells of the league table: a link, a rank with its interval, a drawn interval, a change.
var dagcomponentfuncs = (window.dashAgGridComponentFunctions =
  window.dashAgGridComponentFunctions || {});

(function () {
  "use strict";
  var make = function () { return window.React.createElement.apply(null, arguments); };

  function follow(event) {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) { return; }
    event.preventDefault();
    window.history.pushState({}, "", event.currentTarget.getAttribute("href"));
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  }

  dagcomponentfuncs.BpLink = function (props) {
    return make("a", { href: props.data.href, onClick: follow }, props.value);
  };

  dagcomponentfuncs.BpRank = function (props) {
    var row = props.data;
    if (!row.ranked) { return make("span", { className: "bp-small" }, row.lacks); }
    if (row.rank === null) { return make("span", { className: "bp-noise" }, "\u2026"); }
    var range = row.rank_low === row.rank_high ? "" : row.rank_low + "\u2013" + row.rank_high;
    return make("span", { className: "bp-rank" }, make("b", null, row.rank), make("span", null, range));
  };

  dagcomponentfuncs.BpInterval = function (props) {
    var row = props.data, low = props.low, high = props.high;
    if (row.score === null) { return null; }
    var at = function (value) { return (100 * (value - low)) / (high - low) + "%"; };
    var words = window.dashAgGridFunctions;
    var title = words.bpText(row.score, props.kind) + "  (" + words.bpText(row.low, props.kind) +
      " \u2026 " + words.bpText(row.high, props.kind) + ")";
    return make("div", { className: "bp-range", title: title },
      make("i", { className: "bp-line", style: { left: at(row.low), right: "calc(100% - " + at(row.high) + ")" } }),
      props.mean === null ? null : make("i", { className: "bp-mean", style: { left: at(props.mean) } }),
      make("i", { className: "bp-point", style: { left: at(row.score) } }));
  };

  dagcomponentfuncs.BpChange = function (props) {
    var row = props.data;
    if (row.change === null) { return make("span", { className: "bp-noise" }, "\u2013"); }
    var text = window.dashAgGridFunctions.bpSigned(row.change, props.kind);
    if (row.change_is_noise) {
      return make("span", { className: "bp-noise", title: props.noise }, text);
    }
    var kind = row.change > 0 ? "bp-better" : "bp-worse";
    return make("strong", { className: kind, title: props.real }, text);
  };
})();
