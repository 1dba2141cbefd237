/* Signed checkpoints of the draw log (C2SP signed note, tlog-checkpoint) and pinned keys.
   Ed25519 is checked here; a key of another algorithm (an SM2 device's) names it, and the report says so. */

const CHECKPOINT = "log/checkpoint";
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const ED25519 = 1;
const COSIGNATURE = 4;
const OTHER_ALGORITHM = 255;

function unbase64(text) {
  return BASE64.test(text) ? Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)) : null;
}

/** The first four bytes of SHA-256(name LF type key) in hex, as signed notes tell keys apart. */
function keyHash(name, typed) {
  return hex(SUITES.S256.make().update(utf8.encode(`${name}\n`)).update(typed).finish(), 0, 4);
}

/** The parts of a vkey (name+hash+base64), or null when its hash is not that of its key. */
function readNamedKey(text) {
  const [, name, told, blob] = /^([^+]+)\+([^+]*)\+(.*)$/s.exec(text) ?? [];
  const typed = unbase64(blob ?? "");
  return typed?.length && keyHash(name, typed) === told ? { name, typed } : null;
}

/** Reads a vkey, or a bare Ed25519 key of 32 bytes in hex or base64. Throws Fault `log_key`. */
function readKey(text) {
  const named = readNamedKey(text);
  if (named?.typed[0] === ED25519 && named.typed.length === 33) return { ...named, algorithm: "Ed25519" };
  const other = named?.typed[0] === OTHER_ALGORITHM ? named.typed.indexOf(LINE_FEED) : -1;
  if (other > 1) return { ...named, algorithm: new TextDecoder().decode(named.typed.subarray(1, other)) };
  const bare = text.length === 64 ? unhex(text) : unbase64(text);
  if (bare?.length !== 32) throw new Fault("log_key", `不是有效的日志公钥：${text}`, "");
  return { name: null, typed: Uint8Array.of(ED25519, ...bare), algorithm: "Ed25519" };
}

/** Reads a signed checkpoint. Throws Fault `checkpoint`. */
function readCheckpoint(content, where = CHECKPOINT) {
  const note = typeof content === "string" ? content : textOf(content);
  const refuse = (why) => new Fault("checkpoint", `检查点格式无效：${why}`, where);
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
  return { origin, size: BigInt(size), root: digest, text, signatures, where };
}

/** Whether an Ed25519 signature holds; null in browsers (and on pages without HTTPS) that cannot check any. */
async function ed25519Holds(publicKey, signature, message) {
  try {
    const key = await crypto.subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
    return await crypto.subtle.verify({ name: "Ed25519" }, key, signature, utf8.encode(message));
  } catch {
    return null;
  }
}

const UNSUPPORTED = ["ed25519_unsupported", "此浏览器（或未加密的连接）不能核验 Ed25519 签名，检查点签名未核验"];

/** Checks that the pinned key signed; returns notes: when no key is pinned, or signatures cannot be checked here.
    Throws Fault `checkpoint_signature` or `checkpoint_algorithm`. */
async function checkSignature(checkpoint, pinned) {
  if (!pinned) return [["no_log_key", "未指定日志公钥，检查点签名未核验"]];
  const { signatures, text, where } = checkpoint;
  const ofKey = ({ name, keyHash: told }) => (pinned.name ?? name) === name && told === keyHash(name, pinned.typed);
  const found = signatures.find(ofKey);
  if (found && pinned.algorithm !== "Ed25519") {
    throw new Fault("checkpoint_algorithm", `检查点以 ${pinned.algorithm} 签名，本程序只能核验 Ed25519`, where);
  }
  const holds = found ? await ed25519Holds(pinned.typed.slice(1), found.signature, text) : false;
  if (holds === false) throw new Fault("checkpoint_signature", "检查点没有指定日志公钥的有效签名", where);
  return holds ? [] : [UNSUPPORTED];
}
