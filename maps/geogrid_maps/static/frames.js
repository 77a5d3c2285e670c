"use strict";
// Maps of GeoDataFrames in notebooks.
function geogridFrameHeat({ map, heat }, { heatRadius }) {
  scaleHeat(map, heat, heatRadius);
}
