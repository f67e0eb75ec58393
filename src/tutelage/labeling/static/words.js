// What differs between two texts, word by word: the longest common subsequence. Pure.

const WORDS = /\s+|[\p{L}\p{M}\p{N}_]+|[^\s\p{L}\p{M}\p{N}_]/gu;
const LINES = /[^\n]*\n|[^\n]+$/g;
const MOST_CELLS = 16_000_000; // 32 MB, about a tenth of a second

/**
 * Two lists of pieces {text, differs}, one for each text; null when the texts are too long even line by line.
 */
export function difference(one, other) {
  for (const pattern of [WORDS, LINES]) {
    const pieces = compare(one.match(pattern) ?? [], other.match(pattern) ?? []);
    if (pieces) return pieces;
  }
  return null;
}

function compare(one, other) {
  let start = 0;
  while (start < one.length && start < other.length && one[start] === other[start]) start += 1;
  let end = 0;
  const most = Math.min(one.length, other.length) - start;
  while (end < most && one[one.length - 1 - end] === other[other.length - 1 - end]) end += 1;
  const kept = common(one.slice(start, one.length - end), other.slice(start, other.length - end));
  if (!kept) return null;
  const runs = [{ same: one.slice(0, start) }, ...kept, { same: one.slice(one.length - end) }];
  return [joined(bridged(runs), "gone"), joined(bridged(runs), "come")];
}

/** Runs {same} and {gone, come} that turn one list into the other; null when that is too much to compute. */
function common(one, other) {
  const width = other.length + 1;
  if ((one.length + 1) * width > MOST_CELLS) return null;
  const longest = new Uint16Array((one.length + 1) * width); // of the rests that begin at (i, j)
  for (let i = one.length - 1; i >= 0; i -= 1) {
    for (let j = other.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] =
        one[i] === other[j]
          ? longest[(i + 1) * width + j + 1] + 1
          : Math.max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
    }
  }
  const runs = [];
  let i = 0;
  let j = 0;
  while (i < one.length || j < other.length) {
    if (i < one.length && j < other.length && one[i] === other[j]) {
      const same = [];
      while (i < one.length && j < other.length && one[i] === other[j]) {
        same.push(one[i]);
        i += 1;
        j += 1;
      }
      runs.push({ same });
    } else {
      const gone = [];
      const come = [];
      while (i < one.length ? one[i] !== other[j] : j < other.length) {
        const below = i < one.length ? longest[(i + 1) * width + j] : -1;
        const right = j < other.length ? longest[i * width + j + 1] : -1;
        if (below >= right) gone.push(one[i++]);
        else come.push(other[j++]);
      }
      runs.push({ gone, come });
    }
  }
  return runs;
}

/** A lone space between two changes belongs to them, or every new sentence would be marked in crumbs. */
function bridged(runs) {
  const whole = [];
  runs.forEach((run, at) => {
    const last = whole.at(-1);
    const isBridge = run.same && !run.same.join("").trim() && last?.gone && runs[at + 1]?.gone;
    if (isBridge || (run.gone && last?.gone)) {
      last.gone.push(...(run.same ?? run.gone));
      last.come.push(...(run.same ?? run.come));
    } else {
      whole.push(run.same ? run : { gone: [...run.gone], come: [...run.come] });
    }
  });
  return whole;
}

function joined(runs, side) {
  return runs
    .map((run) => ({ text: (run.same ?? run[side]).join(""), differs: !run.same }))
    .filter((piece) => piece.text !== "");
}
