// What cannot wait for Dash's scripts, which take half a second: light or dark before the first
// paint, and the questions that Dash will ask as soon as they have run.
(function () {
  "use strict";
  var PAGE = "/app/_dash-update-component", ask = window.fetch, where = window.location;

  // The choice is kept in this browser and in a cookie that tells the server which colours figures
  // take: it is written before the page is asked for.
  function wanted() {
    var kept = null;
    try { kept = window.localStorage.getItem("bp_theme"); } catch (error) { kept = null; }
    if (kept === "light" || kept === "dark") { return kept; }
    return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
  window.bpShowTheme = function (theme) {
    document.documentElement.setAttribute("data-bs-theme", theme);
    document.cookie = "bp_theme=" + theme + "; path=/app; max-age=31536000; samesite=lax";
    return theme;
  };
  window.bpShowTheme(wanted());

  function held(name) { return document.getElementById(name).textContent; }

  // The page of this address, asked for in the very words that Dash will use.
  function inDashsWords() {
    var asked = JSON.parse(held("bp-page"));
    asked.inputs.concat(asked.state).forEach(function (one) {
      if (one.id === "address") { one.value = where[one.property]; }
    });
    return JSON.stringify(asked);
  }
  var body = inDashsWords(), page = ask.call(window, PAGE, {
    method: "POST", credentials: "same-origin", body: body,
    headers: { Accept: "application/json", "Content-Type": "application/json" }
  });
  page.catch(function () { /* Dash asks once more, below */ });

  // Once, and only for the same question; everything else is asked of the server.
  function early(address, options) {
    var path = String(address).split("?")[0], taken = page;
    if (path === "/app/_dash-layout") { return told("bp-layout"); }
    if (path === "/app/_dash-dependencies") { return told("bp-callbacks"); }
    if (!taken || path !== PAGE || options.body !== body) { return null; }
    page = null;
    return taken.catch(function () { return ask.call(window, address, options); });
  }
  function told(name) {
    return Promise.resolve(new Response(held(name), { headers: { "Content-Type": "application/json" } }));
  }

  // Without a session every answer is 401: the way back leads over the log-in page.
  window.fetch = function (address, options) {
    return (early(address, options) || ask.apply(window, arguments)).then(function (answer) {
      if (answer.status === 401 && answer.url.indexOf("/app/_") >= 0) {
        where.assign("/login?next=" + encodeURIComponent(where.pathname + where.search));
      }
      return answer;
    });
  };

  // AG Grid comes with the first table, half a second late; where a table is all there is, at once.
  var me = document.currentScript.dataset, name = where.pathname.split("/")[2];
  if (me.tables.split(" ").indexOf(name) >= 0) {
    var chunk = document.createElement("script");
    chunk.src = me.chunk;
    document.head.append(chunk);
  }
})();
