// The sliders' tracks: where along each of them the claims hold and where they fail, while the other
// sliders stay. First a few positions of every slider, then all of them.

const COARSE = 16; // steps of the first pass
const SLICE = 4; // milliseconds of work at a time, so that the hand is never kept waiting
const REST = 16; // milliseconds without a move after which the work begins

// The explorers of this page whose tracks are being computed, the latest move last: it goes first, and
// between two slices the page is free.
const queue = [];
const channel = new MessageChannel();
let posted = false;

function post() {
  if (posted || !queue.length) return;
  posted = true;
  channel.port2.postMessage(null);
}

channel.port1.onmessage = () => {
  posted = false;
  try {
    queue.at(-1)?.proceed();
  } finally {
    post(); // what has failed is over, and must not hold up the others
  }
};

const isSlider = (control) => !control.choice && control.positions.length > 1;

// The positions of a first pass, ends included.
function coarse({ positions }) {
  const last = positions.length - 1;
  const steps = Math.min(COARSE, last);
  return Array.from({ length: steps + 1 }, (_, k) => Math.round((k * last) / steps));
}

// The state at every position from those that are known, each taken for its neighbourhood.
function filled(known, count) {
  const at = [...known.keys()].sort((a, b) => a - b);
  let next = 0;
  return Array.from({ length: count }, (_, k) => {
    while (next + 1 < at.length && at[next + 1] - k < k - at[next]) next++;
    return known.get(at[next]);
  });
}

export class Tracks {
  // `standings(values)` computes at once; without it (null) `ask(values)` has the states sent to
  // `take`. `show(name, states)` gets, for each position of a slider, the claims' states in order.
  constructor({ controls, standings, ask, show }) {
    Object.assign(this, { standings, ask, show, values: null });
    this.sliders = controls.filter(isSlider);
  }

  stop() {
    clearTimeout(this.rest);
    if (queue.includes(this)) queue.splice(queue.indexOf(this), 1);
  }

  // The sliders stand at these values now; what was under way was for others.
  follow(values) {
    this.stop();
    this.values = values;
    this.busy = Boolean(this.standings); // until every position has been computed
    const begin = () => {
      if (!this.standings) return this.ask(values);
      this.work = this.walk(values);
      queue.push(this);
      post();
    };
    this.rest = setTimeout(begin, REST);
  }

  proceed() {
    const end = performance.now() + SLICE;
    while (performance.now() < end) {
      if (!this.work.next().done) continue;
      this.busy = false;
      return this.stop();
    }
  }

  *walk(values) {
    const known = new Map(this.sliders.map(({ name }) => [name, new Map()]));
    for (const pass of [coarse, ({ positions }) => positions.keys()]) {
      for (const control of this.sliders) {
        const { name, positions } = control;
        const found = known.get(name);
        for (const k of pass(control)) {
          if (found.has(k)) continue;
          const each = this.standings({ ...values, [name]: positions[k] });
          found.set(k, each.map(([, state]) => state));
          yield;
        }
        this.show(name, filled(found, positions.length));
      }
    }
  }

  // Some states along one slider, [position, states] each, asked for at these values.
  take({ name, others, found }) {
    const control = this.sliders.find((each) => each.name === name);
    const same = ([key, value]) => key === name || this.values[key] === value;
    if (!control || !this.values || !Object.entries(others).every(same)) return;
    this.show(name, filled(new Map(found), control.positions.length));
  }
}

// States along a slider as the backgrounds of its track, a lane for each claim; a thumb's middle
// never reaches the track's ends.
export function lanes(states) {
  const many = states[0].length;
  const last = states.length - 1;
  const place = (k) => `calc(var(--nt-thumb) / 2 + (100% - var(--nt-thumb)) * ${k / last})`;
  return Array.from({ length: many }, (_, lane) => {
    const stops = [];
    states.forEach((each, k) => {
      const color = `var(--nt-track-${each[lane]})`;
      if (k && states[k - 1][lane] === each[lane]) return;
      const from = k ? place(k - 0.5) : "0%";
      if (k) stops.push(`var(--nt-track-${states[k - 1][lane]}) ${from}`);
      stops.push(`${color} ${from}`);
    });
    stops.push(`var(--nt-track-${states[last][lane]}) 100%`);
    const at = many > 1 ? (100 * lane) / (many - 1) : 0;
    return `linear-gradient(90deg, ${stops.join(", ")}) 0 ${at}% / 100% ${100 / many}% no-repeat`;
  }).join(", ");
}
