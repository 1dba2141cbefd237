/* RFC 3161 timestamps over a checkpoint: whether a token is about this text, and the time it names.
   Who issued it is a matter of X.509 certificates and stays with `openssl ts -verify`; the report says so. */

const TIMESTAMP = /^log\/timestamp-[1-9]\.tsr$/;
const TST_INFO = "2a864886f70d0109100104";
const TIMESTAMP_HASHES = {
  "608648016503040201": "SHA-256",
  "608648016503040202": "SHA-384",
  "608648016503040203": "SHA-512",
};
const DER = { integer: 0x02, octets: 0x04, oid: 0x06, time: 0x18, sequence: 0x30, context: 0xa0 };

/** The elements of a DER content, each with its tag. Throws Fault `timestamp`. */
class Der {
  constructor(bytes, where) {
    Object.assign(this, { where, elements: [] });
    for (let at = 0; at < bytes.length; ) {
      const tag = bytes[at];
      let length = bytes[at + 1];
      at += 2;
      if (length & 0x80) {
        const octets = length & 0x7f;
        if (octets < 1 || octets > 4) this.refuse("长度无效");
        length = 0;
        for (let i = 0; i < octets; i++) length = length * 256 + bytes[at++];
      }
      if (!(at + length <= bytes.length)) this.refuse("提前结束"); // also when a length is cut off, and no number
      this.elements.push({ tag, content: bytes.subarray(at, at + length) });
      at += length;
    }
  }

  refuse(why) {
    throw new Fault("timestamp", `不是有效的时间戳：${why}`, this.where);
  }

  /** The content of an element, which must have the tag. */
  content(index, tag) {
    const found = this.elements[index];
    if (found?.tag !== tag) this.refuse(`第 ${index + 1} 项应为 ${tag}`);
    return found.content;
  }

  inside(index, tag) {
    return new Der(this.content(index, tag), this.where);
  }

  /** The one element that there is. */
  only(tag) {
    if (this.elements.length !== 1) this.refuse("有多余的内容");
    return this.inside(0, tag);
  }
}

/** { hash, imprint, time } of a TimeStampResp (RFC 3161 §2.4.2). */
function readTimestamp(bytes, where) {
  const { integer, octets, oid, time, sequence, context } = DER;
  const response = new Der(bytes, where).only(sequence);
  const status = response.inside(0, sequence).content(0, integer);
  if (status.length !== 1 || status[0] > 1) response.refuse("未获签发");
  const signed = response.inside(1, sequence).inside(1, context).only(sequence);
  const content = signed.inside(2, sequence);
  if (hex(content.content(0, oid)) !== TST_INFO) content.refuse("没有 TSTInfo");
  const info = content.inside(1, context).only(octets).only(sequence);
  const over = info.inside(2, sequence);
  const hash = TIMESTAMP_HASHES[hex(over.inside(0, sequence).content(0, oid))] ?? info.refuse("哈希算法不受支持");
  return { hash, imprint: over.content(1, octets), time: new TextDecoder().decode(info.content(4, time)) };
}

/** Checks that a token is over `text`; returns a note. Throws Fault `timestamp` or `timestamp_imprint`. */
async function checkTimestamp(bytes, text, where) {
  const { hash, imprint, time } = readTimestamp(bytes, where);
  const digest = await digestOf(hash, utf8.encode(text));
  if (digest === null) return ["timestamp_unsupported", `${where}：此浏览器（或未加密的连接）不能计算 ${hash}，时间戳未核验`];
  if (hex(digest) !== hex(imprint)) throw new Fault("timestamp_imprint", "时间戳不是对本检查点签发的", where);
  return ["timestamp", `${where}：检查点带有 ${time} 的时间戳，签发者须用 openssl ts -verify 核验`];
}

async function digestOf(hash, bytes) {
  if (hash === "SHA-256") return SUITES.S256.make().update(bytes).finish();
  return crypto.subtle ? new Uint8Array(await crypto.subtle.digest(hash, bytes)) : null;
}
