/* Reads the proof bundle, a zip (PKWARE APPNOTE 6.3): the directory first, each member when it is wanted. */

const MEMBERS = [
  "manifest.json", "pool.tsv", "excluded.tsv", "inspectors.tsv", "recusals.tsv", "reveals.json",
  "log/entries.jsonl", "log/proofs.json", "log/checkpoint", "result.tsv", "match.tsv",
];
const SEALED_MEMBERS = [
  ...MEMBERS.map((name) => name.replace(/^(pool|excluded|recusals)\.tsv$/, "$1.leaves")), "opened.tsv",
];
const SUBSTITUTIONS = "substitutions.jsonl";
const END_LENGTH = 22;
const COMMENT_LENGTH = 0xffff;

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

function crc32(bytes) {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}

function unreadable(why) {
  return new Fault("bundle_unreadable", `无法读取证明包：${why}`, "");
}

function damaged(name, why) {
  return new Fault("bundle_damaged", `${name} 已损坏：${why}`, name);
}

class Bundle {
  constructor(file, members, shift) {
    this.file = file;
    this.members = members;
    this.shift = shift;
  }

  /** Opens a File. Throws Fault `bundle_unreadable`. */
  static async open(file) {
    const tailAt = Math.max(0, file.size - END_LENGTH - COMMENT_LENGTH);
    const tail = await bytesOf(file, tailAt, file.size);
    const view = new DataView(tail.buffer);
    let end = tail.length - END_LENGTH;
    while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
    if (end < 0) throw unreadable("不是 zip 文件");
    const count = view.getUint16(end + 10, true);
    const [size, offset] = [12, 16].map((field) => view.getUint32(end + field, true));
    if (count === 0xffff || offset === 0xffffffff) throw unreadable("文件过大（zip64），请使用命令行 rid1 verify");
    // Bytes before the archive move everything by as much.
    const shift = tailAt + end - size - offset;
    if (shift < 0) throw unreadable("目录位置无效");
    const directory = await bytesOf(file, shift + offset, shift + offset + size);
    return new Bundle(file, directoryOf(directory, count), shift);
  }

  /** Checks that every part is there once and nothing else is: a second member of one name could hide a file. */
  checkLayout() {
    const names = this.members.map((member) => member.name);
    const members = this.sealed ? SEALED_MEMBERS : MEMBERS;
    for (const name of members) {
      if (!names.includes(name)) throw new Fault("bundle_layout", `证明包缺少 ${name}`, name);
    }
    for (const name of names) {
      const known = name === SUBSTITUTIONS || members.includes(name) || TIMESTAMP.test(name);
      if (!known || names.indexOf(name) !== names.lastIndexOf(name)) {
        throw new Fault("bundle_layout", `证明包中有多余或重复的文件：${name}`, name);
      }
    }
  }

  /** Whether the bundle is laid out as that of a sealed round. */
  get sealed() {
    return this.has("pool.leaves");
  }

  /** The names of its timestamps, in order. */
  get timestamps() {
    return this.members.map((member) => member.name).filter((name) => TIMESTAMP.test(name)).sort();
  }

  has(name) {
    return this.members.some((member) => member.name === name);
  }

  /** The bytes of a member. Throws Fault `bundle_damaged`. */
  async read(name) {
    const { method, crc, packed, size, offset } = this.members.find((member) => member.name === name);
    const start = this.shift + offset;
    const header = new DataView((await bytesOf(this.file, start, start + 30)).buffer);
    if (header.byteLength < 30 || header.getUint32(0, true) !== 0x04034b50) throw damaged(name, "文件头无效");
    const from = start + 30 + header.getUint16(26, true) + header.getUint16(28, true);
    let bytes = await bytesOf(this.file, from, from + packed);
    if (method === 8) bytes = await inflate(bytes, name);
    else if (method !== 0) throw damaged(name, "压缩方式不受支持");
    if (bytes.length !== size || crc32(bytes) !== crc) throw damaged(name, "校验和不符");
    return bytes;
  }
}

async function bytesOf(file, from, to) {
  try {
    return new Uint8Array(await file.slice(from, to).arrayBuffer());
  } catch (error) {
    throw unreadable(error.message);
  }
}

/** The members of a central directory, in its order. */
function directoryOf(bytes, count) {
  const view = new DataView(bytes.buffer);
  const members = [];
  for (let at = 0; members.length < count; ) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50) throw unreadable("目录无效");
    const [name, extra, comment] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    members.push({
      name: new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + name)),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    });
    at += 46 + name + extra + comment;
  }
  return members;
}

/** The writer of bundles only stores, but a bundle that somebody packed again is still the same bundle. */
async function inflate(bytes, name) {
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (error) {
    throw damaged(name, error.message);
  }
}
