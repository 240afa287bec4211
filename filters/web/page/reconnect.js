// A page that has heard nothing from its server for a while loads itself anew, as soon as that answers.
(function () {
  const PATIENCE = 6000;
  let heard = Date.now();
  const wait = setInterval(function () {
    if (!window.trame || !window.trame.state) return;
    clearInterval(wait);
    window.trame.state.watch(["beat"], function () { heard = Date.now(); });
    setInterval(function () {
      if (Date.now() - heard < PATIENCE) return;
      fetch(window.location.href, { cache: "no-store" }).then(
        function (answer) { if (answer.ok) window.location.reload(); },
        function () { /* not there yet */ }
      );
    }, 1000);
  }, 200);
})();
