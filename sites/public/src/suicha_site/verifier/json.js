/* JSON as RID/1 allows it: integers only, no key twice; canonical form after RFC 8785; strict reading of fields.
   JSON.parse would round large numbers and keep the last of two equal keys without a word. */

const JSON_SPACE = /[ \t\n\r]*/y;
const JSON_STRING = /"(?:[^"\\\u0000-\u001f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const JSON_NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const JSON_WORDS = { true: true, false: false, null: null };

/** Bytes that must be UTF-8 as text, or null. A byte order mark stays and is then refused as JSON. */
function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

class JsonReader {
  constructor(text, where) {
    this.text = text;
    this.where = where;
    this.at = 0;
  }

  fail(why) {
    throw new Fault("json_invalid", `不是有效的 JSON：${why}`, this.where);
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (!found) return null;
    this.at = pattern.lastIndex;
    return found[0];
  }

  /** Whether the next sign is `sign`, which is then passed over. */
  sign(sign) {
    this.match(JSON_SPACE);
    if (this.text[this.at] !== sign) return false;
    this.at++;
    return true;
  }

  expect(sign) {
    if (!this.sign(sign)) this.fail(`第 ${this.at + 1} 个字符处应为 ${sign}`);
  }

  whole() {
    const value = this.value();
    this.match(JSON_SPACE);
    if (this.at !== this.text.length) this.fail("结尾之后还有内容");
    return value;
  }

  value() {
    if (this.sign("{")) return this.object();
    if (this.sign("[")) return this.array();
    if (this.text[this.at] === '"') return this.string();
    const number = this.match(JSON_NUMBER);
    if (number !== null) return this.integer(number);
    for (const word of Object.keys(JSON_WORDS)) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return JSON_WORDS[word];
      }
    }
    return this.fail(`第 ${this.at + 1} 个字符处`);
  }

  integer(text) {
    const value = Number(text);
    if (/[.eE]/.test(text)) this.fail(`不允许浮点数 ${text}`);
    if (!Number.isSafeInteger(value)) this.fail(`整数 ${text} 超出可精确表示的范围`);
    return value;
  }

  string() {
    this.match(JSON_SPACE);
    const found = this.match(JSON_STRING);
    if (found === null) this.fail("字符串无效");
    return JSON.parse(found);
  }

  array() {
    const items = [];
    if (this.sign("]")) return items;
    do items.push(this.value());
    while (this.sign(","));
    this.expect("]");
    return items;
  }

  object() {
    const made = Object.create(null);
    if (this.sign("}")) return made;
    do {
      const name = this.string();
      if (name in made) this.fail(`键 ${name} 重复`);
      this.expect(":");
      made[name] = this.value();
    } while (this.sign(","));
    this.expect("}");
    return made;
  }
}

/** Reads JSON text or UTF-8 bytes strictly. Throws Fault `json_invalid`. */
function readJson(content, where) {
  const text = typeof content === "string" ? content : textOf(content);
  const reader = new JsonReader(text ?? "", where);
  if (text === null) reader.fail("不是 UTF-8");
  try {
    return reader.whole();
  } catch (error) {
    if (error instanceof RangeError) reader.fail("嵌套过深");
    throw error;
  }
}

/** The canonical text (RFC 8785) of a value that `readJson` may return. */
function canonical(value, where) {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, where)).join(",")}]`;
  if (value !== null && typeof value === "object") {
    // The default order of JavaScript is that of UTF-16 code units, which is what RFC 8785 §3.2.3 asks for.
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${canonical(name, where)}:${canonical(value[name], where)}`).join(",")}}`;
  }
  if (typeof value === "string" && /\p{Surrogate}/u.test(value)) {
    throw new Fault("json_invalid", "字符串含有无效的代理码位", where);
  }
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}

/** Reads JSON that must already be canonical. Throws Fault `json_invalid` or `json_not_canonical`. */
function readCanonical(content, where) {
  const text = typeof content === "string" ? content : textOf(content);
  const value = readJson(text ?? content, where);
  if (canonical(value, where) !== text) {
    throw new Fault("json_not_canonical", "JSON 不是 RFC 8785 规范形式", where);
  }
  return value;
}

const ID = /^[0-9A-Z][0-9A-Z._-]{0,53}$/;
const NAME = /^[a-z][a-z0-9_-]{0,31}$/;
const HEX64 = /^[0-9a-f]{64}$/;
const TIME = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]{1,6})?Z$/;

/** Unix time of an ISO 8601 time in UTC that exists in the calendar, fractions cut; null for anything else. */
function unixTime(text) {
  const found = typeof text === "string" ? TIME.exec(text) : null;
  if (!found) return null;
  const [year, month, day, hour, minute, second] = found.slice(1).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!exists || hour > 23 || minute > 59 || second > 61) return null; // 60 and 61: leap seconds
  return date.getTime() / 1000 + hour * 3600 + minute * 60 + second;
}

/** One JSON object being read: every field is taken once, with its type; what is left over is refused. */
class Fields {
  constructor(value, where, code) {
    this.where = where;
    this.code = code;
    if (value === null || typeof value !== "object" || Array.isArray(value)) this.refuse("", "应为对象");
    this.left = new Map(Object.entries(value));
  }

  refuse(name, why) {
    throw new Fault(this.code, `字段 ${name}：${why}`, this.where);
  }

  has(name) {
    return this.left.has(name);
  }

  take(name) {
    if (!this.left.has(name)) this.refuse(name, "缺失");
    const value = this.left.get(name);
    this.left.delete(name);
    return value;
  }

  /** Null when the field is null, otherwise what `read` makes of it. */
  orNull(name, read) {
    return this.left.get(name) === null ? this.take(name) : read.call(this, name);
  }

  text(name) {
    const value = this.take(name);
    if (typeof value !== "string" || value === "") this.refuse(name, "应为非空字符串");
    return value;
  }

  matching(name, pattern, why) {
    const value = this.text(name);
    if (!pattern.test(value)) this.refuse(name, why);
    return value;
  }

  id(name) {
    return this.matching(name, ID, "不是有效的编号");
  }

  name(name) {
    return this.matching(name, NAME, "不是有效的名称");
  }

  hex(name) {
    return this.matching(name, HEX64, "应为 64 位十六进制");
  }

  time(name) {
    const value = this.text(name);
    if (unixTime(value) === null) this.refuse(name, "不是有效的 UTC 时间");
    return value;
  }

  choice(name, ...choices) {
    const value = this.text(name);
    if (!choices.includes(value)) this.refuse(name, `应为 ${choices.join("、")} 之一`);
    return value;
  }

  integer(name, least, most = Number.MAX_SAFE_INTEGER) {
    const value = this.take(name);
    if (typeof value !== "number" || value < least || value > most) this.refuse(name, "不是允许的整数");
    return value;
  }

  texts(name) {
    const value = this.take(name);
    if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
      this.refuse(name, "应为字符串列表");
    }
    return value;
  }

  /** A list of hashes in hex, as bytes: a Merkle path. */
  path(name) {
    const nodes = this.texts(name).map(unhex);
    if (nodes.includes(null)) this.refuse(name, "不是十六进制");
    return nodes;
  }

  part(name) {
    return new Fields(this.take(name), `${this.where}:${name}`, this.code);
  }

  parts(name) {
    const value = this.take(name);
    if (!Array.isArray(value)) this.refuse(name, "应为列表");
    return value.map((item, at) => new Fields(item, `${this.where}:${name}[${at}]`, this.code));
  }

  /** `value`, once no field is left. */
  closed(value) {
    for (const name of this.left.keys()) this.refuse(name, "未知字段");
    return value;
  }
}
