"use strict";
// Maps that Python draws from frames, without a service.
function geogridFrameHeat({ map, heat }) {
  widenHeat(map, heat);
}
