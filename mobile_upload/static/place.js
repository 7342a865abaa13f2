// Where the phone is, and only around a capture: the watch begins when the camera opens and ends soon after it closes.
// Samples are a claim with its accuracy, kept as the phone gives them; no permission is a state, never an error.

const AROUND_MS = 30_000;
const AFTER_CLOSING_MS = 6_000;
// A record holds many captures and has to stay small.
const MOST_SAMPLES = 12;
const DENIED = 1;

let watch = null;
let state = "timeout";
let samples = [];
let closing = 0;

/** Begin to watch, if nobody does. */
export function beginWatching() {
  clearTimeout(closing);
  if (watch !== null) return;
  samples = [];
  state = navigator.geolocation ? "timeout" : "unavailable";
  if (!navigator.geolocation) return;
  watch = navigator.geolocation.watchPosition(take, fail, { enableHighAccuracy: true, maximumAge: 0, timeout: 20_000 });
}

function take(position) {
  const { latitude, longitude, accuracy, altitude, altitudeAccuracy, heading, speed } = position.coords;
  state = "ok";
  samples.push({
    lat: latitude,
    lon: longitude,
    accuracy_m: accuracy,
    altitude_m: altitude,
    altitude_accuracy_m: altitudeAccuracy,
    heading: Number.isNaN(heading) ? null : heading,
    speed_mps: speed,
    at: new Date(position.timestamp).toISOString(),
  });
}

function fail(error) {
  if (state !== "ok") state = error.code === DENIED ? "denied" : error.code === 2 ? "unavailable" : "timeout";
}

/** End the watch, a moment later so that samples after the last shutter are had too. `then` is called when it is over. */
export function endWatching(then = () => undefined) {
  clearTimeout(closing);
  closing = setTimeout(() => {
    if (watch !== null) navigator.geolocation.clearWatch(watch);
    watch = null;
    then();
  }, AFTER_CLOSING_MS);
}

/** The samples within half a minute of a shutter, at most the nearest twelve, and the state of the permission. */
export function around(shutterAt) {
  const moment = Date.parse(shutterAt);
  const far = (one) => Math.abs(Date.parse(one.at) - moment);
  const near = samples.filter((one) => far(one) <= AROUND_MS).sort((a, b) => far(a) - far(b)).slice(0, MOST_SAMPLES);
  return {
    samples: near.sort((a, b) => Date.parse(a.at) - Date.parse(b.at)),
    position_state: near.length > 0 ? "ok" : state === "ok" ? "timeout" : state,
  };
}
