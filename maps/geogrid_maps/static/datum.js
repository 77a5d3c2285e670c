"use strict";
// Conversions of geogrid.geo.datums, for points that users set on a map in GCJ-02. Python has shifted all drawn shapes.
const GCJ_A = 6378245;
const GCJ_E2 = 0.00669342162296594323;

function wgs84ToGcj02([lat, lng]) {
  const [x, y] = [lng - 105, lat - 35];
  const { sin, cos, sqrt, abs, PI } = Math;
  const short = 20 * sin(6 * PI * x) + 20 * sin(2 * PI * x);
  const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    + (2 / 3) * (short + 20 * sin(PI * y) + 40 * sin((PI * y) / 3) + 160 * sin((PI * y) / 12) + 320 * sin((PI * y) / 30));
  const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    + (2 / 3) * (short + 20 * sin(PI * x) + 40 * sin((PI * x) / 3) + 150 * sin((PI * x) / 12) + 300 * sin((PI * x) / 30));
  const phi = (lat * PI) / 180;
  const w2 = 1 - GCJ_E2 * sin(phi) ** 2;
  const meridian = (GCJ_A * (1 - GCJ_E2)) / (w2 * sqrt(w2));
  const parallel = (GCJ_A / sqrt(w2)) * cos(phi);
  return [lat + ((north / meridian) * 180) / PI, lng + ((east / parallel) * 180) / PI];
}

function gcj02ToWgs84([lat, lng]) {
  let found = [lat, lng];
  for (let round = 0; round < 5; round += 1) {
    const there = wgs84ToGcj02(found);
    found = [found[0] + lat - there[0], found[1] + lng - there[1]];
  }
  return found;
}
