// On a narrow page the panels of a picture stand below each other: the same axes, moved. One alone
// that is too wide has narrower axes.

const POINT = 72 / 100; // matplotlib's points, in which its drawing counts, to a pixel
const known = new WeakMap();

export const isNarrow = () => matchMedia("(max-width: 600px)").matches;

// The frame as a narrow page has it.
export function stacked(frame) {
  if (!known.has(frame)) known.set(frame, { ...moved({ ...frame, ...frame.narrow }), stacked: true });
  return known.get(frame);
}

function moved(frame) {
  const width = Math.max(...frame.axes.map(({ cell }) => cell[2]));
  let height = 0;
  const tops = [];
  const axes = frame.axes.map((each) => {
    const [[x, y, wide, high], [left, top, , tall]] = [each.box, each.cell];
    const box = [x - left, height + y - top, wide, high];
    tops.push(POINT * height);
    height += tall;
    return { ...each, box };
  });
  const [w, h] = [POINT * width, POINT * height];
  const svg = frame.svg
    .replace(/<svg [^>]*>/, (head) =>
      head
        .replace(/ width="[^"]*"/, ` width="${w}pt"`)
        .replace(/ height="[^"]*"/, ` height="${h}pt"`)
        .replace(/ viewBox="[^"]*"/, ` viewBox="0 0 ${w} ${h}"`))
    .replace(/(<svg class="panel") x="[^"]*" y="[^"]*"/g, (_, head) => `${head} x="0" y="${tops.shift()}"`);
  return { ...frame, svg, width, height, axes };
}
