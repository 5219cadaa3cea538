/**
 * A set of inode numbers that takes 16 to 32 bytes for each of them, where a `Set` takes 100.
 *
 * @module
 */

const FIRST_SLOTS = 1024;

/** Numbers of 64 bits, each as two halves. Zero cannot be in it. */
export class InodeSet {
  /** Two words a slot; both zero where it is free. Half of the slots at most are taken. */
  #slots = new Uint32Array(2 * FIRST_SLOTS);
  #size = 0;

  /** Adds a number; `false` where it was there. */
  add(high: number, low: number): boolean {
    if (4 * this.#size >= this.#slots.length) this.#grow();
    return this.#insert(high, low);
  }

  #insert(high: number, low: number): boolean {
    const slots = this.#slots;
    const mask = slots.length / 2 - 1;
    let slot = (Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1) >>> 7) & mask;
    for (;; slot = (slot + 1) & mask) {
      if (slots[2 * slot] === low && slots[2 * slot + 1] === high) return false;
      if (slots[2 * slot] === 0 && slots[2 * slot + 1] === 0) break;
    }
    slots[2 * slot] = low;
    slots[2 * slot + 1] = high;
    this.#size++;
    return true;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(2 * old.length);
    this.#size = 0;
    for (let i = 0; i < old.length; i += 2) if (old[i] !== 0 || old[i + 1] !== 0) this.#insert(old[i + 1], old[i]);
  }
}
