// The server's clock, from <meta name="server-time" content="ISO time">, as the browser's may be wrong by minutes.

const declared = Date.parse(document.querySelector('meta[name="server-time"]')?.content ?? "");
const ahead = Number.isNaN(declared) ? 0 : declared - Date.now();

/** Milliseconds since 1970 by the server's clock. */
export const serverNow = () => Date.now() + ahead;
