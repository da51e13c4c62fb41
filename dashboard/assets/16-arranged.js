// How somebody arranged a table stands in the address, so that a link and a saved view open it the
// same: written here without asking the server, read by it where the page is made (table_words.py).
(function () {
  "use strict";
  var LONGEST = 400;
  var EXACT = ".bp-nav, .bp-tabs, .bp-crumbs, .bp-view, .bp-brand";  // links that mean what they say
  var ASKS = { text: "t", number: "n" };
  var heard = window.location.href;  // what Dash was told last: a change that it makes a page for
  var path = window.location.pathname, kept = words(window.location.search);
  var exact = false, woken = false, waiting = {};

  function grid(name) { return window.dash_ag_grid && window.dash_ag_grid.getApi(name); }
  function plainOf(api) { return (api.getGridOption("context") || {}).plain; }
  function harmless(text) { return String(text).replace(/[~!\p{C}\s]+/gu, " ").trim(); }

  // The words of an address, one for each table.
  function words(search) {
    var found = {};
    new URLSearchParams(search).getAll("t").forEach(function (word) {
      var name = word.split("~")[0];
      if (!(name in found)) { found[name] = word; }
    });
    return found;
  }
  function withWords(search, all) {
    var parts = search.replace(/^\?/, "").split("&").filter(function (one) { return one && !/^t=/.test(one); });
    Object.keys(all).forEach(function (name) {
      if (all[name]) { parts.push("t=" + encodeURIComponent(all[name]).replace(/%3A/g, ":").replace(/%2C/g, ",")); }
    });
    return parts.length ? "?" + parts.join("&") : "";
  }

  // A table as it stands, in one word; nothing where it is as it comes.
  function said(name, api, plain) {
    var parts = [], search = harmless(api.getGridOption("quickFilterText") || "");
    var order = api.getColumnState().filter(function (one) { return one.sort; })
      .sort(function (one, two) { return one.sortIndex - two.sortIndex; })
      .map(function (one) { return one.colId + "-" + one.sort; }).join(",");
    var columns = (api.getColumns() || []).filter(function (one) {
      var definition = one.getColDef(), hidden = plain.hidden.indexOf(one.getColId()) >= 0;
      if (!definition.headerName || (definition.context || {}).card) { return false; }
      return window.bpShown(api, one) === hidden;
    }).map(function (one) { return (window.bpShown(api, one) ? "" : "-") + one.getColId(); });
    if (search) { parts.push("q:" + search); }
    if (order !== plain.order) { parts.push("s:" + order); }
    if (columns.length) { parts.push("c:" + columns.join(",")); }
    parts = parts.concat(filters(api.getFilterModel() || {}));
    while ([name].concat(parts).join("~").length > LONGEST) { parts.pop(); }
    return parts.length ? [name].concat(parts).join("~") : "";
  }
  function filters(model) {
    return Object.keys(model).filter(function (column) { return ASKS[model[column].filterType]; })
      .map(function (column) {
        var one = model[column], asked = one.conditions || [one];
        var told = asked.slice(0, 2).reduce(function (all, each) {
          return all.concat([each.type, each.filter, each.filterTo].map(function (value) {
            return value === null || value === undefined ? "" : harmless(value);
          }));
        }, [column, ASKS[one.filterType], one.operator ? one.operator.toLowerCase() : ""]);
        return "f:" + told.join("!").replace(/!+$/, "");
      });
  }

  // Whether the address says of a table what it is; and an address without its tables.
  window.bpIsAsSaid = function (name) {
    var api = grid(name), plain = api && plainOf(api);
    return Boolean(plain) && said(name, api, plain) === (words(window.location.search)[name] || "");
  };
  window.bpWithoutTables = function (href) {
    var where = new URL(href, window.location.href);
    return where.pathname + withWords(where.search, {});
  };

  // A table was searched, sorted, filtered, or columns of it were chosen.
  window.bpArranged = function (name) {
    window.clearTimeout(waiting[name]);
    var api = grid(name);
    waiting[name] = window.setTimeout(function () {
      var plain = api && grid(name) === api && !api.isDestroyed() && plainOf(api);
      if (plain) { write(name, said(name, api, plain)); }
    }, 200);
  };
  (window.dashAgGridFunctions = window.dashAgGridFunctions || {}).bpSaid = function (params) {
    var name = (params.api.getGridOption("context") || {}).name;
    if (grid(name) === params.api) { window.bpArranged(name); }
  };
  function write(name, word) {
    var button = document.getElementById(name + "-plain"), all = words(window.location.search);
    if (button) { button.hidden = !word; }
    all[name] = word;
    var search = withWords(window.location.search, all);
    if (search === window.location.search) { return; }
    if (!woken) {  // until it is told something, Dash's Location takes its own address for a new one
      woken = true;
      window.dash_clientside.set_props("address", { search: window.location.search });
      window.setTimeout(function () { write(name, word); }, 50);
      return;
    }
    show(search);
    window.dash_clientside.set_props("address", { search: search });  // what is saved or taken along
  }
  function show(search) {
    var where = window.location;
    window.history.replaceState(window.history.state, "", where.pathname + search + where.hash);
    kept = words(search);
  }

  // The table as it comes.
  document.addEventListener("click", function (event) {
    var button = event.target.closest(".bp-plain");
    var name = button && button.id.replace(/-plain$/, ""), api = name && grid(name);
    if (!api) { return; }
    var plain = plainOf(api), listed = {};
    var order = plain.order.split(",").filter(Boolean).map(function (one, place) {
      var at = one.lastIndexOf("-");
      return { colId: one.slice(0, at), sort: one.slice(at + 1), sortIndex: place };
    });
    document.querySelectorAll("#" + name + "-columns input").forEach(function (box) {
      listed[box.value] = plain.hidden.indexOf(box.value) < 0;
    });
    api.setFilterModel(null);
    api.setGridOption("quickFilterText", "");
    api.applyColumnState({ state: order, defaultState: { sort: null } });
    window.bpChoose(api, listed);
    window.dash_clientside.set_props(name + "-search", { value: "" });
    if (document.getElementById(name + "-columns")) {
      window.dash_clientside.set_props(name + "-columns", {
        value: Object.keys(listed).filter(function (one) { return listed[one]; })
      });
    }
    write(name, "");
    (document.querySelector("[data-grid='" + name + "'] summary") || document.body).focus();
  });

  // Other filters of the same page keep how its tables are arranged, whoever wrote the link.
  document.addEventListener("pointerdown", function (event) {
    var link = event.target.closest("a[href]");
    if (!link || link.closest(EXACT) || link.origin !== window.location.origin) { return; }
    if (link.pathname === window.location.pathname) { link.search = withWords(link.search, kept); }
  }, true);
  document.addEventListener("click", function (event) {
    var link = event.target.closest("a[href]");
    exact = Boolean(link && link.closest(EXACT));
    window.setTimeout(function () { exact = false; }, 0);
  }, true);
  window.addEventListener("_dashprivate_pushstate", function () {
    var said = words(window.location.search);
    if (!exact && window.location.pathname === path && !Object.keys(said).length) {
      var before = kept;
      show(withWords(window.location.search, before));
    }
    arrived();
  });
  window.addEventListener("popstate", arrived);

  // Dash makes no page for the address that it was told last, though tables are arranged otherwise.
  function arrived() {
    var now = words(window.location.search), other = JSON.stringify(now) !== JSON.stringify(kept);
    if (window.location.href === heard && other) {
      window.setTimeout(function () {
        var theme = document.documentElement.getAttribute("data-bs-theme");
        window.dash_clientside.set_props("theme", { data: theme });
      }, 0);
    }
    heard = window.location.href;
    path = window.location.pathname;
    kept = now;
  }
})();
