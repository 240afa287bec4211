// Shows, of a database of images, the one that is nearest to where the volume is turned to, at one time.
"use strict";

const database = JSON.parse(document.getElementById("database").textContent);
const element = (id) => document.getElementById(id);

const DEGREES_PER_PIXEL = 0.4;
const MILLISECONDS_PER_STEP = 120;
const MOST_KEPT = 400; // images in the browser's memory

// Where the camera stands, in degrees; any direction, of which the nearest stored view is shown.
const state = { variable: 0, time: 0, theta: 0, phi: 0 };
let shown = null; // the view whose image is wanted, or on the screen
let player = null;
const kept = new Map(); // address -> promise of a loaded image, the last used one at the end

// Geometry -------------------------------------------------------------------------------------------------

function direction(theta, phi) {
  const [t, p] = [theta, phi].map((degrees) => (degrees * Math.PI) / 180);
  return [Math.cos(t) * Math.cos(p), Math.cos(t) * Math.sin(p), Math.sin(t)];
}

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const directions = database.views.map(([theta, phi]) => direction(theta, phi));

function angleBetween(a, b) {
  return (Math.acos(Math.min(1, Math.max(-1, dot(a, b)))) * 180) / Math.PI;
}

function turnedTo(theta, phi) {
  state.theta = Math.min(90, Math.max(-90, theta));
  state.phi = ((((phi + 180) % 360) + 360) % 360) - 180;
}

// What is stored -------------------------------------------------------------------------------------------

// The files of one variable at one time, in the order of the views; null where none is stored.
const filesAt = (variable, time) => (database.files[variable] || [])[time] || [];

function nearestView(files, towards) {
  let best = null;
  for (let view = 0; view < directions.length; view++) {
    if (files[view] && (best === null || dot(directions[view], towards) > dot(directions[best], towards))) {
      best = view;
    }
  }
  return best;
}

// The view that an arrow key leads to: the nearest one on that side, so that every key changes the picture.
function neighbour(files, dTheta, dPhi) {
  const [theta, phi] = database.views[shown];
  let best = null;
  let least = Infinity;
  for (let view = 0; view < directions.length; view++) {
    if (!files[view] || view === shown) continue;
    const up = database.views[view][0] - theta;
    let across = database.views[view][1] - phi;
    across = (((across + 180) % 360) + 360) % 360 - 180;
    across *= Math.max(0.05, Math.cos((theta * Math.PI) / 180));
    const along = up * dTheta + across * dPhi;
    const aside = Math.abs(up * dPhi) + Math.abs(across * dTheta);
    if (along < 0.5 || aside > 1.5 * along) continue;
    const distance = angleBetween(directions[view], directions[shown]) + aside;
    if (distance < least) [best, least] = [view, distance];
  }
  return best;
}

function fetched(address) {
  let image = kept.get(address);
  kept.delete(address);
  if (!image) {
    image = new Promise((resolve, reject) => {
      const loading = new Image();
      loading.onload = () => resolve(loading);
      loading.onerror = () => { kept.delete(address); reject(new Error(`cannot load ${decodeURI(address)}`)); };
      loading.src = address;
    });
    image.catch(() => {}); // told where it is shown; one that was only fetched ahead says nothing
  }
  kept.set(address, image);
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
  return image;
}

// The picture ------------------------------------------------------------------------------------------------

async function show() {
  const files = filesAt(state.variable, state.time);
  const towards = direction(state.theta, state.phi);
  const view = nearestView(files, towards);
  shown = view;
  element("picture").hidden = view === null;
  tell();
  if (view === null) return;
  const file = files[view];
  try {
    const image = await fetched(file);
    if (shown !== view || filesAt(state.variable, state.time)[view] !== file) return; // another is wanted by now
    element("picture").src = image.src;
    element("picture").alt = `${database.variables[state.variable].name}, ${when()}, ${where(view)}`;
    element("stage").dataset.view = view;
    fetchAhead(towards);
  } catch (error) {
    element("status").textContent = error.message;
  }
}

// What a user is likely to want next: the steps beside, and the views around.
function fetchAhead(towards) {
  for (const step of [1, -1, 2]) {
    const files = filesAt(state.variable, (state.time + step + database.times.length) % database.times.length);
    if (files[shown]) fetched(files[shown]);
  }
  const files = filesAt(state.variable, state.time);
  directions
    .map((other, view) => [dot(other, towards), view])
    .filter(([, view]) => files[view])
    .sort((a, b) => b[0] - a[0])
    .slice(1, 9)
    .forEach(([, view]) => fetched(files[view]));
}

const when = () => `t = ${Number(database.times[state.time].toPrecision(6))} ${database.time_unit}`.trim();

function where(view) {
  const [theta, phi] = database.views[view];
  return `θ ${theta.toFixed(1)}°, φ ${phi.toFixed(1)}°`.replaceAll("-", "−");
}

function tell() {
  element("when").textContent = when();
  element("time").value = state.time;
  element("time").setAttribute("aria-valuetext", when());
  const variable = database.variables[state.variable].name;
  element("variable").value = state.variable;
  element("status").textContent = shown === null
    ? `no image of ${variable} is stored at ${when()}`
    : `${where(shown)}: the nearest of ${database.views.length} views`;
  drawAxes();
  drawLegend();
}

function drawAxes() {
  if (shown === null) return;
  const back = directions[shown]; // from the volume to the camera
  const up = Math.abs(back[2]) > 0.999998 ? [0, 1, 0] : [0, 0, 1]; // as the pictures were taken
  let right = [up[1] * back[2] - up[2] * back[1], up[2] * back[0] - up[0] * back[2], up[0] * back[1] - up[1] * back[0]];
  const length = Math.hypot(...right);
  right = right.map((v) => v / length);
  const above = [
    back[1] * right[2] - back[2] * right[1],
    back[2] * right[0] - back[0] * right[2],
    back[0] * right[1] - back[1] * right[0],
  ];
  const drawn = ["x", "y", "z"].map((name, k) => ({ name, x: right[k], y: -above[k], depth: back[k] }));
  drawn.sort((a, b) => a.depth - b.depth); // what points to the viewer lies on top
  const colors = { x: "#c0392b", y: "#b58900", z: "#2471a3" };
  element("axes").innerHTML = drawn
    .map(({ name, x, y }) =>
      `<line x2="${32 * x}" y2="${32 * y}" stroke="${colors[name]}"/>` +
      `<text x="${42 * x}" y="${42 * y}" fill="${colors[name]}">${name}</text>`)
    .join("");
}

function drawLegend() {
  const { legend, unit } = database.variables[state.variable];
  const place = element("legend");
  place.hidden = !legend;
  if (!legend) return;
  const number = (value) => `${Number(value.toPrecision(4))} ${unit}`.trim();
  place.replaceChildren();
  const add = (tag, settings) => place.appendChild(Object.assign(document.createElement(tag), settings));
  if (legend.isovalue !== undefined) {
    add("span", { className: "patch" }).style.background = legend.color;
    add("span", { textContent: ` at ${number(legend.isovalue)}` });
    return;
  }
  add("div", { textContent: number(legend.range[1]) });
  add("div", { className: "bar" }).style.background = `linear-gradient(to top, ${legend.colors.join(", ")})`;
  add("div", { textContent: number(legend.range[0]) });
}

// The user -----------------------------------------------------------------------------------------------------

function goToTime(step) {
  state.time = ((step % database.times.length) + database.times.length) % database.times.length;
  return show();
}

function chooseVariable(variable) {
  state.variable = variable % database.variables.length;
  show();
}

function play(start) {
  clearTimeout(player);
  player = start ? setTimeout(next, 0) : null;
  element("play").textContent = start ? "❚❚" : "▶";
  element("play").setAttribute("aria-label", start ? "pause" : "play");
}

// A step is shown for its time and until its image is there: a slow disk plays slower, and leaves nothing out.
async function next() {
  const begun = performance.now();
  await goToTime(state.time + 1);
  if (player !== null) player = setTimeout(next, MILLISECONDS_PER_STEP - (performance.now() - begun));
}

function turnByKey(dTheta, dPhi) {
  if (shown === null) return;
  const view = neighbour(filesAt(state.variable, state.time), dTheta, dPhi);
  if (view === null) return;
  turnedTo(...database.views[view]);
  show();
}

const KEYS = {
  ArrowLeft: () => turnByKey(0, -1),
  ArrowRight: () => turnByKey(0, 1),
  ArrowUp: () => turnByKey(1, 0),
  ArrowDown: () => turnByKey(-1, 0),
  ",": () => goToTime(state.time - 1),
  ".": () => goToTime(state.time + 1),
  " ": () => play(player === null),
  v: () => chooseVariable(state.variable + 1),
  Home: () => { turnedTo(...database.first); show(); },
};

function listen() {
  const stage = element("stage");
  stage.addEventListener("pointerdown", (event) => {
    stage.setPointerCapture(event.pointerId);
    stage.classList.add("turning");
  });
  stage.addEventListener("pointermove", (event) => {
    if (!stage.classList.contains("turning")) return;
    turnedTo(state.theta + DEGREES_PER_PIXEL * event.movementY, state.phi - DEGREES_PER_PIXEL * event.movementX);
    show();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    stage.addEventListener(end, () => stage.classList.remove("turning"));
  }
  document.addEventListener("keydown", (event) => {
    const own = event.target.closest("input, select, button"); // which have keys of their own
    const act = KEYS[event.key];
    if (!act || own || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  element("time").addEventListener("input", (event) => goToTime(Number(event.target.value)));
  element("variable").addEventListener("change", (event) => chooseVariable(Number(event.target.value)));
  element("play").addEventListener("click", () => play(player === null));
}

function begin() {
  element("time").max = database.times.length - 1;
  element("times").hidden = database.times.length < 2;
  element("variables").hidden = database.variables.length < 2;
  database.variables.forEach(({ name }, i) => element("variable").add(new Option(name, i)));
  turnedTo(...database.first);
  listen();
  show();
}

begin();
