/** A Bloom filter over keys that are hashes already: "surely not here" without asking the disk. */

/** 16 bits for each of the 16,384 keys of a run: one in some 2,000 absent keys is taken for present. */
const filter_bits = 262_144;
const positions_per_key = 6;

/** Where a key's bits are, the same in every filter; `key` is 32 hex characters. */
export function positionsOf(key: string): Uint32Array {
	const first = Number.parseInt(key.slice(0, 8), 16);
	const step = Number.parseInt(key.slice(8, 16), 16) | 1;
	const positions = new Uint32Array(positions_per_key);
	for (let i = 0; i < positions_per_key; i++) positions[i] = ((first + Math.imul(i, step)) >>> 0) % filter_bits;
	return positions;
}

/** A filter of 32 KiB without a key. */
export function emptyFilter(): Uint8Array {
	return new Uint8Array(filter_bits / 8);
}

/** Puts in the key that the positions were made of. */
export function addTo(filter: Uint8Array, positions: Uint32Array): void {
	for (const position of positions) {
		const byte = position >>> 3;
		filter[byte] = (filter[byte] ?? 0) | (1 << (position & 7));
	}
}

/** False where the key was surely never added. */
export function mayHold(filter: Uint8Array, positions: Uint32Array): boolean {
	for (let i = 0; i < positions_per_key; i++) {
		const position = positions[i] ?? 0;
		if (((filter[position >>> 3] ?? 0) & (1 << (position & 7))) === 0) return false;
	}
	return true;
}
