// On a narrow page the panels of a picture stand below each other: the same axes, moved.

const POINT = 72 / 100; // matplotlib's points, in which its drawing counts, to a pixel
const known = new WeakMap();

export const isNarrow = () => matchMedia("(max-width: 600px)").matches;

// The frame with its panels below each other; itself where it has one alone.
export function stacked(frame) {
  if (frame.axes.length === 1) return frame;
  if (!known.has(frame)) known.set(frame, moved(frame));
  return known.get(frame);
}

function moved(frame) {
  const width = Math.max(...frame.axes.map(({ cell }) => cell[2]));
  let height = 0;
  const ways = frame.axes.map(({ cell: [left, top, , high] }) => {
    const way = [-left, height - top];
    height += high;
    return way;
  });
  const axes = frame.axes.map((each, k) => {
    const [[left, top, wide, high], [right, down]] = [each.box, ways[k]];
    return { ...each, box: [left + right, top + down, wide, high] };
  });
  const [w, h] = [POINT * width, POINT * height];
  const svg = frame.svg
    .replace(/<svg [^>]*>/, (head) =>
      head
        .replace(/ width="[^"]*"/, ` width="${w}pt"`)
        .replace(/ height="[^"]*"/, ` height="${h}pt"`)
        .replace(/ viewBox="[^"]*"/, ` viewBox="0 0 ${w} ${h}"`))
    .replace(/<g id="axes_(\d+)">/g, (_, number) => {
      const way = ways[number - 1].map((v) => POINT * v);
      return `<g id="axes_${number}" transform="translate(${way.join(" ")})">`;
    });
  return { ...frame, svg, width, height, axes, stacked: true };
}
