"use strict";
// Base maps: tiles of a server, or a PMTiles archive of images or vector tiles. Vector tiles of the Protomaps scheme have
// its style, others are grey.
const VECTOR = 1;

// Add the base map, and return functions between WGS 84 and the datum of the map, both for [lat, lng].
function geogridBase(map, { tiles, archive, datum }) {
  for (const address of tiles) L.tileLayer(address, { maxZoom: map.getMaxZoom() }).addTo(map);
  if (archive) geogridArchive(map, archive);
  const same = (place) => place;
  return datum === "gcj02" ? { said: gcj02ToWgs84, shown: wgs84ToGcj02 } : { said: same, shown: same };
}

async function geogridArchive(map, address) {
  const archive = new protomapsL.PmtilesSource(new URL(address, location.href).href, true).p;
  const header = await archive.getHeader();
  const tiles = header.tileType === VECTOR ? vectorTiles(archive, header, await archive.getMetadata()) : imageTiles(archive, header);
  tiles.addTo(map);
}

// Canvases instead of images: the Content-Security-Policy allows no URLs of generated images.
function imageTiles(archive, { minZoom, maxZoom }) {
  const Images = L.GridLayer.extend({
    createTile({ x, y, z }, done) {
      const canvas = L.DomUtil.create("canvas", "leaflet-tile");
      [canvas.width, canvas.height] = [256, 256];
      drawImage(archive, z, x, y, canvas).then(() => done(null, canvas), (error) => done(error, canvas));
      return canvas;
    },
  });
  return new Images({ minZoom, maxNativeZoom: maxZoom, noWrap: true });
}

async function drawImage(archive, z, x, y, canvas) {
  const tile = await archive.getZxy(z, x, y);
  if (!tile) return;
  const image = await createImageBitmap(new Blob([tile.data]));
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
}

function vectorTiles(archive, { maxZoom }, { vector_layers: layers = [] }) {
  const common = { url: archive, maxDataZoom: maxZoom, noWrap: true, attribution: "" };
  const names = layers.map(({ id }) => id);
  // Scheme of Protomaps base maps.
  if (names.includes("earth") && names.includes("roads")) {
    return protomapsL.leafletLayer({ ...common, flavor: "grayscale", lang: "zh-Hans" });
  }
  const rule = (dataLayer, type, symbolizer) => ({ dataLayer, symbolizer, filter: (_, { geomType }) => geomType === type });
  const { Line, Polygon } = protomapsL.GeomType;
  const paintRules = names.flatMap((name) => [
    rule(name, Polygon, new protomapsL.PolygonSymbolizer({ fill: "#d9d5ca", opacity: 0.25, stroke: "#a9a494", width: 0.6 })),
    rule(name, Line, new protomapsL.LineSymbolizer({ color: "#a9a494", width: 1 })),
  ]);
  return protomapsL.leafletLayer({ ...common, paintRules, labelRules: [] });
}
