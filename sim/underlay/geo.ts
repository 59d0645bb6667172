/** Radius of the Earth in km for great-circle distances (METRICS: "The underlay"). */
export const EARTH_RADIUS_KM = 6371.0;

/** How far a signal goes in fibre in one millisecond (METRICS: "The underlay"). */
export const FIBRE_KM_PER_MS = 200;

const RADIANS_PER_DEGREE = Math.PI / 180;

/** The great-circle distance in km of two places given in degrees, by the haversine formula. */
export function greatCircleKm(latitudeA: number, longitudeA: number, latitudeB: number, longitudeB: number): number {
  const phiA = latitudeA * RADIANS_PER_DEGREE;
  const phiB = latitudeB * RADIANS_PER_DEGREE;
  const sinLatitude = Math.sin((phiB - phiA) / 2);
  const sinLongitude = Math.sin(((longitudeB - longitudeA) * RADIANS_PER_DEGREE) / 2);
  const h = sinLatitude * sinLatitude + Math.cos(phiA) * Math.cos(phiB) * sinLongitude * sinLongitude;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(Math.min(1, h)));
}

/** The one-way propagation delay in ms of a fibre of this length. */
export function fibreDelayMs(km: number): number {
  return km / FIBRE_KM_PER_MS;
}

/** Whether both numbers can be degrees of latitude and longitude. */
export function areDegrees(latitude: number, longitude: number): boolean {
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
}
