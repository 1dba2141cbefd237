"use strict";
/* The two hash functions of RID/1 §1 in plain JavaScript: SHA-256 (FIPS 180-4) and SM3 (GB/T 32905-2016).
   They are synchronous and keep their state in view, so that a ticket costs one block: K is compressed once. */

const SHA256_START = Int32Array.of(
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
);
const SHA256_K = Int32Array.of(
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
);
const SM3_START = Int32Array.of(
  0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
);
const SM3_T = Int32Array.from({ length: 64 }, (_, j) => rotate(j < 16 ? 0x79cc4519 : 0x7a879d8a, j % 32));
const WORDS = new Int32Array(68);

function rotate(x, n) {
  return (x << n) | (x >>> (32 - n));
}

/** One block of SHA-256 from `p[at]` on, into the state `h`. */
function sha256Block(h, p, at) {
  const w = WORDS;
  for (let i = 0; i < 16; i++, at += 4) {
    w[i] = (p[at] << 24) | (p[at + 1] << 16) | (p[at + 2] << 8) | p[at + 3];
  }
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15];
    const y = w[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  let a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], k = h[7];
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (k + s1 + ((e & f) ^ (~e & g)) + SHA256_K[i] + w[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    k = g; g = f; f = e; e = (d + t1) | 0;
    d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e; h[5] += f; h[6] += g; h[7] += k;
}

/** One block of SM3 from `p[at]` on, into the state `v`. */
function sm3Block(v, p, at) {
  const w = WORDS;
  for (let i = 0; i < 16; i++, at += 4) {
    w[i] = (p[at] << 24) | (p[at + 1] << 16) | (p[at + 2] << 8) | p[at + 3];
  }
  for (let i = 16; i < 68; i++) {
    const x = w[i - 16] ^ w[i - 9] ^ rotate(w[i - 3], 15);
    w[i] = x ^ rotate(x, 15) ^ rotate(x, 23) ^ rotate(w[i - 13], 7) ^ w[i - 6];
  }
  let a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], k = v[7];
  for (let i = 0; i < 64; i++) {
    const a12 = rotate(a, 12);
    const ss1 = rotate((a12 + e + SM3_T[i]) | 0, 7);
    const ff = i < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
    const gg = i < 16 ? e ^ f ^ g : (e & f) | (~e & g);
    const tt1 = (ff + d + (ss1 ^ a12) + (w[i] ^ w[i + 4])) | 0;
    const tt2 = (gg + k + ss1 + w[i]) | 0;
    d = c; c = rotate(b, 9); b = a; a = tt1;
    k = g; g = rotate(f, 19); f = e; e = tt2 ^ rotate(tt2, 9) ^ rotate(tt2, 17);
  }
  v[0] ^= a; v[1] ^= b; v[2] ^= c; v[3] ^= d; v[4] ^= e; v[5] ^= f; v[6] ^= g; v[7] ^= k;
}

/** A hash being computed. Both functions have blocks of 64 bytes, digests of 32 and the same padding. */
class Hash {
  constructor(block, start) {
    this.block = block;
    this.start = start;
    this.state = Int32Array.from(start);
    this.rest = new Uint8Array(64);
    this.length = 0;
  }

  /** Begins anew, or from the state of another hash of the same function. */
  reset(from = null) {
    this.state.set(from ? from.state : this.start);
    if (from) this.rest.set(from.rest);
    this.length = from ? from.length : 0;
    return this;
  }

  /** Takes one byte. */
  byte(value) {
    this.rest[this.length++ & 63] = value;
    if ((this.length & 63) === 0) this.block(this.state, this.rest, 0);
    return this;
  }

  /** Takes `bytes[from..to)`. */
  update(bytes, from = 0, to = bytes.length) {
    let used = this.length % 64;
    this.length += to - from;
    if (used) {
      while (used < 64 && from < to) this.rest[used++] = bytes[from++];
      if (used < 64) return this;
      this.block(this.state, this.rest, 0);
    }
    for (; from + 64 <= to; from += 64) this.block(this.state, bytes, from);
    for (used = 0; from < to; ) this.rest[used++] = bytes[from++];
    return this;
  }

  /** Takes the characters of an ASCII string. */
  ascii(text) {
    for (let i = 0; i < text.length; i++) this.byte(text.charCodeAt(i));
    return this;
  }

  /** Writes the digest to `out[at..at+32)`; the hash must be reset before it is used again. */
  finish(out = new Uint8Array(32), at = 0) {
    const rest = this.rest;
    const bits = this.length * 8;
    let used = this.length % 64;
    rest[used++] = 0x80;
    if (used > 56) {
      rest.fill(0, used);
      this.block(this.state, rest, 0);
      used = 0;
    }
    rest.fill(0, used, 56);
    const high = Math.floor(bits / 2 ** 32);
    for (let i = 0; i < 4; i++) {
      rest[56 + i] = high >>> (24 - 8 * i);
      rest[60 + i] = bits >>> (24 - 8 * i);
    }
    this.block(this.state, rest, 0);
    for (let i = 0; i < 32; i++) out[at + i] = this.state[i >> 2] >>> (24 - 8 * (i & 3));
    return out;
  }
}

const SUITES = {
  S256: { name: "S256", make: () => new Hash(sha256Block, SHA256_START) },
  SM3: { name: "SM3", make: () => new Hash(sm3Block, SM3_START) },
};

const HEX = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, "0"));

/** Lower-case hex of `bytes[from..to)`. */
function hex(bytes, from = 0, to = bytes.length) {
  let text = "";
  for (let i = from; i < to; i++) text += HEX[bytes[i]];
  return text;
}

/** The bytes of a hex string, or null when it is none. */
function unhex(text) {
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(text)) return null;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

const utf8 = new TextEncoder();

/** hx of RID/1 §1: hex digest of a text (as UTF-8) or of bytes. */
function hx(suite, content) {
  return hex(suite.make().update(typeof content === "string" ? utf8.encode(content) : content).finish());
}
