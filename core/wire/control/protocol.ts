/**
 * The version of the control plane and the limits that both ends keep to.
 *
 * @module
 */

/**
 * Two programs work together when their numbers are equal. It grows with every change of `blit.proto` or of the data
 * plane that an older program would misunderstand.
 */
export const PROTOCOL_NUMBER = 1;

/** Bytes of content in a frame. */
export const MAX_FRAME_BYTES = 1 << 20;

/**
 * What a peer may send on one connection, and on one stream, before it is read. With the 64 KiB of the standard a transfer in the
 * control stream waits for permission most of the time: 150 MiB/s instead of 115 between two busy cores. A mebibyte adds nothing,
 * and a client that reads slowly would look for longer as if it did not read at all.
 */
export const WINDOW_BYTES = 1 << 18;

/**
 * What a peer may put into one frame of HTTP/2. With the 16 KiB of the standard the runtime, whose HTTP/2 is JavaScript, took a fifth
 * more processor time for content in the control stream.
 */
export const HTTP2_FRAME_BYTES = 1 << 18;

/** Bytes of any message: a frame and what surrounds it. */
export const MAX_MESSAGE_BYTES = MAX_FRAME_BYTES + (1 << 16);
