/* The one way in which a verification fails: codes are those of the command line `rid1`, for programs;
   the sentence is for people; `where` names the file, line or log entry. */

class Fault extends Error {
  constructor(code, text, where = "") {
    super(`${code}: ${text}`);
    this.code = code;
    this.text = text;
    this.where = where;
  }
}

/** The fault of something that is not what the draw log says. */
function differs(code, what, where) {
  return new Fault(code, `${what}与抽取日志不符`, where);
}
