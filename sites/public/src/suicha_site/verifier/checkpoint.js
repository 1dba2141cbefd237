/* Signed checkpoints of the draw log (C2SP signed note, tlog-checkpoint) and pinned Ed25519 keys. */

const CHECKPOINT = "log/checkpoint";
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const ED25519 = 1;

function unbase64(text) {
  return BASE64.test(text) ? Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)) : null;
}

/** The first four bytes of SHA-256(name LF 0x01 key) in hex, as signed notes tell Ed25519 keys apart. */
function keyHash(name, key) {
  const hash = SUITES.S256.make().update(utf8.encode(`${name}\n`)).byte(ED25519);
  return hex(hash.update(key).finish(), 0, 4);
}

/** Reads a vkey (name+hash+base64), or a bare key of 32 bytes in hex or base64. Throws Fault `log_key`. */
function readKey(text) {
  const named = /^([^+]+)\+([^+]*)\+(.*)$/s.exec(text);
  if (named) {
    const raw = unbase64(named[3]);
    if (raw?.length === 33 && raw[0] === ED25519 && keyHash(named[1], raw.subarray(1)) === named[2]) {
      return { name: named[1], key: raw.slice(1) };
    }
  }
  const bare = text.length === 64 ? unhex(text) : unbase64(text);
  if (bare?.length !== 32) throw new Fault("log_key", `不是有效的日志公钥：${text}`, "");
  return { name: null, key: bare };
}

/** Reads a signed checkpoint. Throws Fault `checkpoint`. */
function readCheckpoint(content) {
  const note = typeof content === "string" ? content : textOf(content);
  const refuse = (why) => new Fault("checkpoint", `检查点格式无效：${why}`, CHECKPOINT);
  if (note === null) throw refuse("不是 UTF-8");
  const gap = note.lastIndexOf("\n\n");
  if (gap < 0 || !note.endsWith("\n") || gap + 2 >= note.length) throw refuse("没有签名");
  const text = note.slice(0, gap + 1);
  const [origin, size, root] = text.split("\n");
  if (!origin || !/^(?:0|[1-9][0-9]*)$/.test(size ?? "")) throw refuse("来源或条数无效");
  const digest = unbase64(root ?? "");
  if (digest?.length !== 32) throw refuse("根无效");
  const signatures = note.slice(gap + 2, -1).split("\n").map((line) => {
    const [dash, name, blob, ...more] = line.split(" ");
    const raw = unbase64(blob ?? "");
    if (dash !== "—" || !name || more.length || !raw || raw.length < 5) throw refuse("签名行无效");
    return { name, keyHash: hex(raw, 0, 4), signature: raw.slice(4) };
  });
  return { size: BigInt(size), root: digest, text, signatures };
}

/** Whether this browser can check Ed25519 signatures; older ones, and pages without HTTPS, cannot. */
async function ed25519Works(key) {
  try {
    return await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return null;
  }
}

/** Checks that the pinned key signed; returns a note when that cannot be checked. Throws Fault `checkpoint_signature`. */
async function checkSignature(checkpoint, pinned) {
  const found = checkpoint.signatures.find(
    ({ name, keyHash: told }) => (pinned.name ?? name) === name && told === keyHash(name, pinned.key),
  );
  const wrong = new Fault("checkpoint_signature", "检查点没有指定日志公钥的有效签名", CHECKPOINT);
  if (!found) throw wrong;
  const key = await ed25519Works(pinned.key);
  if (key === null) {
    return ["ed25519_unsupported", "此浏览器（或未加密的连接）不能核验 Ed25519 签名，检查点签名未核验"];
  }
  const signed = utf8.encode(checkpoint.text);
  if (!(await crypto.subtle.verify({ name: "Ed25519" }, key, found.signature, signed))) throw wrong;
  return null;
}
