// talk: the page's side of the conversation with a training; it comes back when the line breaks.

const PATIENCE = [500, 1000, 2000, 4000, 8000]; // milliseconds before it is tried again

/**
 * `welcome` is told which run was known before: it may be another, or none, when the line is back.
 *
 * @param {{event: Function, welcome: function(Object, ?string): void, weights: Function, connected: function(boolean): void}} hears
 * @returns {{say: function(Object): boolean}}
 */
export function talkToServer(hears) {
  let socket = null;
  let tries = 0;
  let run = null;
  let lastSeq = 0;

  function connect() {
    socket = new WebSocket(
      `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`,
    );
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      tries = 0;
      hears.connected(true);
      say({ type: "hello", protocol: 1, run, last_seq: lastSeq });
    });
    socket.addEventListener("message", ({ data }) =>
      typeof data === "string" ? hear(JSON.parse(data)) : see(data),
    );
    socket.addEventListener("close", () => {
      hears.connected(false);
      setTimeout(connect, PATIENCE[Math.min(tries++, PATIENCE.length - 1)]);
    });
  }

  function hear(message) {
    if (message.type === "welcome") {
      const before = run;
      run = message.run;
      lastSeq = message.seq ?? 0;
      hears.welcome(message, before);
      if (run !== null) say({ type: "ack", seq: lastSeq });
      return;
    }
    if (message.type === "status" && message.run) run = message.run;
    hears.event(message);
    if (message.seq) {
      lastSeq = message.seq;
      say({ type: "ack", seq: lastSeq });
    }
  }

  /** Weights: the length of a header, the header, and a byte for each number. */
  function see(buffer) {
    const length = new DataView(buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
    hears.weights(header, new Int8Array(buffer, 4 + length));
    say({ type: "ack", seq: header.seq });
  }

  function say(message) {
    if (socket?.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(message));
    return true;
  }
  connect();
  return { say };
}
