/** Radius of the Earth in km for great-circle distances (METRICS: "The underlay"). */
export const EARTH_RADIUS_KM = 6371.0;

/** How far a signal goes in fibre in one millisecond (METRICS: "The underlay"). */
export const FIBRE_KM_PER_MS = 200;

const RADIANS_PER_DEGREE = Math.PI / 180;

/**
 * Steps of a distance in km: 2e-10 km, which light in fibre passes in 1e-12 ms.
 * ECMAScript leaves the last bits of `Math.sin` and its kin to the engine, and a
 * delay that differs in them may part two routes, or two runs, that were the same
 * elsewhere. This is far above those bits, except between places nearly opposite
 * on the globe, and far below any delay that matters.
 */
const STEPS_PER_KM = 1e12 / FIBRE_KM_PER_MS;

/**
 * The great-circle distance in km of two places given in degrees, by the haversine
 * formula, rounded so that its delay is one to 1e-12 ms.
 */
export function greatCircleKm(latitudeA: number, longitudeA: number, latitudeB: number, longitudeB: number): number {
  const phiA = latitudeA * RADIANS_PER_DEGREE;
  const phiB = latitudeB * RADIANS_PER_DEGREE;
  const sinLatitude = Math.sin((phiB - phiA) / 2);
  const sinLongitude = Math.sin(((longitudeB - longitudeA) * RADIANS_PER_DEGREE) / 2);
  const h = sinLatitude * sinLatitude + Math.cos(phiA) * Math.cos(phiB) * sinLongitude * sinLongitude;
  const km = 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(Math.min(1, h)));
  return Math.round(km * STEPS_PER_KM) / STEPS_PER_KM;
}

/** The one-way propagation delay in ms of a fibre of this length. */
export function fibreDelayMs(km: number): number {
  return km / FIBRE_KM_PER_MS;
}

/** Whether both numbers can be degrees of latitude and longitude. */
export function areDegrees(latitude: number, longitude: number): boolean {
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
}
