// A few-shot prompt as one text, and taken apart again. Pure.

/** parts: {instruction, pairs: [{query, response}], open}; `open` is a query that waits for its response. */
export function joinShots({ instruction, pairs, open }) {
  const blocks = [instruction.trim()];
  for (const { query, response } of pairs) {
    if (query.trim() || response.trim()) blocks.push(`Query: ${query.trim()}\nResponse: ${response.trim()}`);
  }
  if (open.trim()) blocks.push(`Query: ${open.trim()}\nResponse:`);
  return blocks.filter((block) => block !== "").join("\n\n");
}

/** The parts of such a text; null where it was put together in another way. */
export function splitShots(text) {
  const [instruction, ...blocks] = text.split(/\n\n(?=Query: )/);
  const parts = { instruction, pairs: [], open: "" };
  for (const block of blocks) {
    const match = /^Query: ([^]*?)\nResponse:([^]*)$/.exec(block);
    if (!match) return null;
    const [, query, response] = match;
    if (response.trim()) parts.pairs.push({ query, response: response.trim() });
    else parts.open = query;
  }
  return joinShots(parts) === text ? parts : null;
}

/** What is missing, as a sentence; an empty text when nothing is. */
export function missingShots({ instruction, pairs }) {
  if (!instruction.trim()) return "Write the instruction.";
  if (pairs.some(({ query, response }) => Boolean(query.trim()) !== Boolean(response.trim()))) {
    return "One pair is only half written.";
  }
  if (pairs.filter(({ query }) => query.trim()).length < 2) return "Write at least two pairs.";
  return "";
}
