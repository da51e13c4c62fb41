// A part of a page that is put in place again, as answers were counted, is left as it was found:
// what is open stays open, typed words stay, and so do the place one reads and the one one is at.
(function () {
  "use strict";
  var scrolled = new WeakMap(), typed = new WeakSet(), last = null;
  var shown = "", at = [0, 0], height = 0, easing = 0;

  function here() {  // the page without how its tables are arranged: that changes nothing else
    var search = window.location.search.slice(1).split("&").filter(function (one) { return one && !/^t=/.test(one); });
    return window.location.pathname + "?" + search.join("&");
  }
  document.addEventListener("scroll", function (event) {
    if (event.target === document) { at = [window.scrollX, window.scrollY]; return; }
    scrolled.set(event.target, [event.target.scrollLeft, event.target.scrollTop]);
  }, true);
  document.addEventListener("input", function (event) { typed.add(event.target); }, true);
  document.addEventListener("focusin", function (event) { last = event.target; });

  // What an element is called within the part: by its id, else by what it says and how often.
  function named(roots, css) {
    var found = new Map(), times = {};
    roots.forEach(function (root) {
      (root.matches(css) ? [root] : []).concat(Array.from(root.querySelectorAll(css))).forEach(function (one) {
        var card = one.closest(".bp-card"), head = card && root.contains(card) && card.querySelector("h2");
        var says = one.matches("details") ? one.querySelector("summary") : one;
        var name = one.id || [one.tagName, one.className, head ? head.textContent : "",
          one.getAttribute("href") || (one.matches("details, summary, button") ? says.textContent : "")].join("|");
        times[name] = (times[name] || 0) + 1;
        found.set(name + "#" + times[name], one);
      });
    });
    return found;
  }
  function pairs(gone, come, css, act) {
    var there = named(come, css);
    named(gone, css).forEach(function (old, name) { if (there.has(name)) { act(old, there.get(name)); } });
  }

  function keep(gone, come) {
    pairs(gone, come, "details", function (old, now) { now.open = old.open; });
    pairs(gone, come, "input[id], textarea[id], select[id]", function (old, now) {
      if (!typed.has(old) || old.type === "checkbox" || old.value === now.value) { return; }
      var write = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(now), "value").set;
      write.call(now, old.value);
      now.dispatchEvent(new Event("input", { bubbles: true }));
    });
    pairs(gone, come, ".bp-scroll, .bp-heat-frame, textarea", function (old, now) {
      var was = scrolled.get(old);
      if (was) { now.scrollLeft = was[0]; now.scrollTop = was[1]; }
    });
    var lost = last && !last.isConnected && document.activeElement === document.body;
    if (lost) {
      pairs(gone, come, "a[href], button, summary, input, textarea, select, [tabindex]", function (old, now) {
        if (old !== last) { return; }
        now.focus({ preventScroll: true });
        if (typeof old.selectionStart === "number") { now.setSelectionRange(old.selectionStart, old.selectionEnd); }
      });
    }
  }

  // While figures and tables draw themselves anew the page stays as long as it was.
  function steady(main) {
    main.style.minHeight = height + "px";
    window.scrollTo(at[0], at[1]);
    window.clearTimeout(easing);
    easing = window.setTimeout(function () { main.style.minHeight = ""; }, 1500);
  }

  function changed(records) {
    var parts = new Map(), main = document.getElementById("main"), same = here() === shown;
    records.forEach(function (one) {
      if (one.target !== main && !/^part-/.test(one.target.id)) { return; }
      var part = parts.get(one.target) || { gone: [], come: [] };
      part.gone = part.gone.concat(Array.from(one.removedNodes).filter(function (node) { return node.matches; }));
      part.come = part.come.concat(Array.from(one.addedNodes).filter(function (node) { return node.matches; }));
      parts.set(one.target, part);
    });
    if (!parts.size) { return; }
    parts.forEach(function (part) { if (same && part.gone.length && part.come.length) { keep(part.gone, part.come); } });
    if (same) { steady(main); }
    shown = here();
    if (main !== watched) { sizes.observe(main); }
    watched = main;
  }
  var watched = null, sizes = new ResizeObserver(function (entries) { height = entries[0].target.offsetHeight; });
  new MutationObserver(changed).observe(document.documentElement, { childList: true, subtree: true });

  // Every 2 seconds: whether anything was counted of what the page shows, or is still being computed.
  function feelPulse(beats, page) {
    var nothing = window.dash_clientside.no_update;
    if (!page || page.pending) { return page ? beats : nothing; }
    return window.fetch("/app/_pulse", { credentials: "same-origin" }).then(function (answer) {
      return answer.ok ? answer.text() : String(page.version);
    }).then(function (version) {
      return Number(version) === page.version ? nothing : beats;
    }, function () { return nothing; });  // nobody answers: the next beat asks again
  }
  window.dash_clientside = window.dash_clientside || {};
  (window.dash_clientside.bp = window.dash_clientside.bp || {}).feelPulse = feelPulse;
})();
