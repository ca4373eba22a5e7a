// Who comes by a link of a message has a token in the address: it goes at once, and is passed
// on when a person shows, by pointer, key or touch. Nothing goes out before consent.
import { identify } from "./calls.js";

const MARK = /([?&])trellis=([\w-]+)(&?)/;
const SIGNS = ["pointermove", "pointerdown", "keydown", "wheel"];

export function watchArrival() {
  const [found, before, arrival, after] = location.href.match(MARK) || [];
  if (!found) return;
  history.replaceState(history.state, "", location.href.replace(found, after ? before : ""));
  const shown = ({ isTrusted }) => {
    if (!isTrusted) return;
    SIGNS.forEach((sign) => removeEventListener(sign, shown, true));
    identify({}, {}, { arrival });
  };
  SIGNS.forEach((sign) => addEventListener(sign, shown, true));
}
