/**
 * What a topology file may ask for at most. All are guesses at "larger than any
 * map or matrix in use, small enough for one process", and bound what a hostile
 * file can cost.
 */

/** Bytes of a file, as it is and after gunzip: 64 MiB. */
export const FILE_BYTES_MAX = 64 * 1024 * 1024;

/** Levels of brackets in JSON, of lists in GML, of elements in XML. */
export const NESTING_DEPTH_MAX = 64;

/** Nodes of a graph, hosts included. */
export const NODES_MAX = 1_000_000;

/** Links of a graph as listed, before parallel ones are merged. */
export const LINKS_MAX = 5_000_000;

/** Objects and arrays of a JSON file: as many as there can be nodes and links. */
export const JSON_CONTAINERS_MAX = NODES_MAX + LINKS_MAX;

/** Keys of one JSON object. */
export const JSON_KEYS_MAX = 100_000;

/** Rows of a latency matrix: its square is what is kept (200 MB of delays at the limit). */
export const MATRIX_HOSTS_MAX = 5_000;

/** Attributes of one XML element. */
export const XML_ATTRIBUTES_MAX = 256;
