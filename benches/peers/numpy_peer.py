"""The model in NumPy: vectorised over the trials of a chunk, with a loop over the months.

    python numpy_peer.py MODEL.json TRIALS SEED OUTPUT.json

Projects that come and disruptions that strike are lists of (trial, time, size), which `bincount` scatters into months:
a piecewise-linear ramp is a few kinks, and so a few second differences; an episode is a few first differences.
"""

import os

import numpy as np
from scipy.special import ndtr, ndtri

import results

CHUNK = int(os.environ.get("CHUNK", 1000))
DUST, FELT, TINY = 1e-12, 0.01, 1e-300
DAYS_PER_MONTH = 365 / 12
CONSTANT, UNIFORM, TRIANGULAR, LOGNORMAL, SCORES, OTHER = range(6)
KINDS = {"constant": CONSTANT, "uniform": UNIFORM, "triangular": TRIANGULAR, "lognormal": LOGNORMAL, "scores": SCORES}


def triangular(u, low, mode, high):
    left = (mode - low) / (high - low)
    return np.where(u < left, low + np.sqrt(u * (high - low) * (mode - low)),
                    high - np.sqrt((1 - u) * (high - low) * (high - mode)))


def from_scores(table, z):
    """Quantiles at normal scores from -5 to 5 in hundredths."""
    place = np.clip(100 * (z + 5), 0, 999.999)
    at = place.astype(np.int64)
    return table[at] + (table[at + 1] - table[at]) * (place - at)


class Chunk:
    """Some trials."""

    def __init__(self, model, rng, size):
        self.model, self.rng, self.size = model, rng, size
        self.months, self.markets, self.stages = model["months"], len(model["markets"]), len(model["stages"])
        self.common = np.zeros((model["factors"] + 1, size))  # the last one is nobody's
        self.common[:-1] = rng.standard_normal((model["factors"], size))

    # --- draws

    def mixed(self, factor, loading, trials=slice(None), size=None):
        """Standard normals, correlated through the common factor."""
        own = self.rng.standard_normal(self.size if size is None else size)
        if np.ndim(factor) == 0 and factor < 0:
            return own
        return loading * self.common[factor, trials] + np.sqrt(1 - loading * loading) * own

    def draw(self, index, size=None, trials=slice(None)):
        """An input: once per trial, or `size` times (if it is correlated, in these trials)."""
        row, rng = self.model["inputs"][index], self.rng
        kind, p, factor = row["kind"], row["params"], row["factor"]
        if kind == "constant":
            return p[0]
        size = self.size if size is None else size
        if factor >= 0 or kind == "scores":
            z = self.mixed(factor, row["loading"], trials, size)
            if kind == "lognormal":
                return np.exp(p[0] + p[1] * z)
            if kind == "scores":
                return from_scores(np.array(p), z)
            u = ndtr(z)
            if kind == "uniform":
                return p[0] + (p[1] - p[0]) * u
            return triangular(u, *p) if kind == "triangular" else self.pick(p, u)
        if kind == "discrete":
            return self.pick(p, rng.random(size))
        if kind == "mixture":
            number = np.searchsorted(p[0:-2:2], rng.random(size), side="right")
            return np.choose(number, [np.broadcast_to(self.draw(part, size), size) for part in p[1::2]])
        if kind == "beta":
            return p[2] + p[3] * rng.beta(p[0], p[1], size)
        name = {"lognormal": "lognormal", "uniform": "uniform", "triangular": "triangular", "gamma": "gamma",
                "exponential": "exponential"}[kind]
        return getattr(rng, name)(*p, size)

    @staticmethod
    def pick(p, u):
        return np.array(p[1::2])[np.searchsorted(p[0:-2:2], u, side="right")]

    def draw_each(self, column, rows, trials):
        """An input of every (row of a column, trial) pair."""
        kinds, a, b, c, factor, loading, inputs = self.model["columns"][column]
        kinds, out = kinds[rows], a[rows]
        for kind in np.unique(kinds):
            at = np.flatnonzero(kinds == kind)
            who = rows[at]
            if kind == CONSTANT:
                continue
            if kind == OTHER:
                for row in np.unique(who):
                    these = at[who == row]
                    out[these] = self.draw(inputs[row], len(these), trials[these])
                continue
            scored = kind in (LOGNORMAL, SCORES)
            if factor is not None:
                z = self.mixed(factor[who], loading[who], trials[at], len(at))
                u = z if scored else ndtr(z)
            else:
                u = self.rng.standard_normal(len(at)) if scored else self.rng.random(len(at))
            if kind == UNIFORM:
                out[at] = a[who] + (b[who] - a[who]) * u
            elif kind == TRIANGULAR:
                out[at] = triangular(u, a[who], b[who], c[who])
            elif kind == LOGNORMAL:
                out[at] = np.exp(a[who] + b[who] * u)
            else:  # `a` tells where the table begins
                place = np.clip(100 * (u + 5), 0, 999.999)
                low = place.astype(np.int64)
                table, begin = self.model["tables"], a[who].astype(np.int64) + low
                out[at] = table[begin] + (table[begin + 1] - table[begin]) * (place - low)
        return out

    # --- disruptions

    def draw_episodes(self):
        """By disruption: trial, begin, end, duration, severity of every episode."""
        self.episodes = [None] * len(self.model["disruptions"])
        order = sorted(range(len(self.episodes)), key=lambda i: self.model["disruptions"][i]["raised_by"] >= 0)
        for index in order:
            self.episodes[index] = self.episodes_of(self.model["disruptions"][index])

    def episodes_of(self, shock):
        size = self.size
        rate = np.broadcast_to(np.maximum(self.draw(shock["rate"]) / 12, TINY), size)
        now = np.full(size, shock["not_before"])
        raiser, factor = None, None
        if shock["raised_by"] >= 0:
            raiser = self.padded(self.episodes[shock["raised_by"]])
            factor = np.broadcast_to(np.maximum(self.draw(shock["raised_factor"]), DUST), size)
        windows = [(begin, np.broadcast_to(self.draw(months, size), size), severity) for begin, months, severity in shock["windows"]
                   if begin < self.months]
        found = []

        def add(trials, begin, duration, severity):
            duration = np.broadcast_to(duration, len(trials))
            severity = np.broadcast_to(self.draw(severity, len(trials)), len(trials))
            found.append([trials, np.broadcast_to(begin, len(trials)), begin + duration, duration, severity])

        if self.model["inputs"][shock["active"]]["params"] != [0.0]:
            on = self.rng.random(size) < self.draw(shock["active"])
            for begin, length, _ in windows:
                if begin <= 0:
                    on &= begin + length <= 0
            on = np.flatnonzero(on)
            add(on, 0.0, self.draw(shock["remaining"], len(on)), shock["severity"])
            now[on] = np.maximum(now[on], found[-1][2])
        for number in range(len(windows) + 1):
            until = windows[number][0] if number < len(windows) else self.months
            trials, at = np.arange(size), now.copy()
            while len(trials):
                wait = self.rng.standard_exponential(len(trials)) / rate[trials]
                begin = at + wait if raiser is None else sooner(at, wait, factor[trials], *raiser, trials)
                inside = begin < until
                trials, begin = trials[inside], begin[inside]
                add(trials, begin, self.draw(shock["duration"], len(trials)), shock["severity"])
                at = np.maximum(found[-1][2], shock["not_before"])
                now[trials] = at
            if number < len(windows):  # the window ends what still runs
                _, length, severity = windows[number]
                now = np.maximum(now, until)
                exists = length > 0
                for row in found:
                    row[2] = np.where(exists[row[0]], np.minimum(row[2], until), row[2])
                on = np.flatnonzero(exists)
                add(on, float(until), length[on], severity)
                now[on] = np.maximum(found[-1][2], shock["not_before"])
        rows = [np.concatenate([row[i] for row in found]) for i in range(5)]
        lasting = rows[2] > np.maximum(rows[1], 0)
        return [row[lasting] for row in rows]

    def padded(self, episodes):
        """Begins and ends in order of time, one column per episode, far away where there is none."""
        trials, begin, end, *_ = episodes
        order = np.lexsort((begin, trials))
        trials, begin, end = trials[order], begin[order], end[order]
        number = np.arange(len(trials)) - np.searchsorted(trials, trials)
        table = np.full((2, number.max(initial=-1) + 1, self.size), 1e9)
        table[:, number, trials] = begin, end
        return table

    def effect_steps(self):
        """First differences of the month-averaged effects: (months + 2, disruptions, trials)."""
        count, places, weights = len(self.episodes), [np.zeros(0, np.int64)], [np.zeros(0)]
        for index, (trials, begin, end, duration, severity) in enumerate(self.episodes):
            if self.model["disruptions"][index]["linear"]:
                effect = self.fading(trials, begin, end, duration, severity)
                change = np.diff(effect, axis=0, prepend=0, append=np.zeros((2, self.size)))
                month, trial = np.nonzero(change)
                places.append((month * count + index) * self.size + trial)
                weights.append(change[month, trial])
                continue
            for at, sign in ((np.maximum(begin, 0), 1), (np.minimum(end, self.months), -1)):
                month = at.astype(np.int64)
                part = at - month
                place = (month * count + index) * self.size + trials
                places += [place, place + count * self.size]
                weights += [sign * severity * (1 - part), sign * severity * part]
        shape = (self.months + 2, count, self.size)
        return np.bincount(np.concatenate(places), np.concatenate(weights), np.prod(shape)).reshape(shape)

    def fading(self, trials, begin, end, duration, severity):
        """Month averages of episodes that decline to nothing: in each month the effect at the middle of what they cover."""
        effect = np.zeros((self.months, self.size))
        month = np.maximum(begin, 0).astype(np.int64)
        while len(trials):
            start, stop = np.maximum(np.maximum(begin, 0), month), np.minimum(end, month + 1)
            age = 0.5 * (start + stop) - begin
            np.add.at(effect, (month, trials), severity * np.maximum(stop - start, 0) * (1 - age / duration))
            month = month + 1
            more = (month < np.minimum(end, self.months))
            trials, begin, end, duration, severity, month = (row[more] for row in (trials, begin, end, duration, severity, month))
        return effect

    # --- projects and capacity

    def draw_projects(self):
        """(project, trial) pairs of those that start within the horizon, and when."""
        model = self.model
        starts = np.full((len(model["projects"]), self.size), np.inf)
        passed = np.ones(starts.shape, bool)
        projects, chances, factors, loadings = model["gates"]
        if len(projects):
            own = self.rng.standard_normal((len(projects), self.size))
            own *= np.sqrt(1 - loadings**2)[:, None]
            for factor in np.unique(factors):
                if factor >= 0:
                    at = factors == factor
                    own[at] += loadings[at, None] * self.common[factor]
            limits = model["limits"][:, None]
            if np.isnan(limits).any():
                limits = np.broadcast_to(limits, own.shape).copy()
                for gate in np.flatnonzero(np.isnan(model["limits"])):
                    limits[gate] = ndtri(self.draw(chances[gate]))
            np.logical_and.at(passed, projects, own < limits)
        projects, trials = np.nonzero(passed)
        starts[projects, trials] = 0
        for slot in range(model["lead_slots"]):
            starts[projects, trials] += self.draw_each(f"lead{slot}", projects, trials)
        for index, project in enumerate(model["projects"]):
            for required in project["requires"]:
                np.maximum(starts[index], starts[required], out=starts[index])
        projects, trials = np.nonzero(starts < self.months)
        return projects, trials, starts[projects, trials]

    def capacity_steps(self):
        """Second differences of what projects add: (months + 2, groups, trials)."""
        model, months = self.model, self.months
        count = len(model["groups"])
        places, weights = self.scatter(*self.draw_projects(), model["group_of"], count)
        shape = (months + 2, count, self.size)
        return np.bincount(places, weights, np.prod(shape)).reshape(shape)

    def scatter(self, projects, trials, start, group_of, count):
        """Second differences of what projects add: where in a table of (months + 2, `count` groups, trials), and how much.

        Output is a sum of ramps `max(0, m - c)` that begin at the kinks `c` of the curve, and end where it closes."""
        model, months = self.model, self.months
        with np.errstate(divide="ignore"):
            closure = start + self.rng.standard_exponential(len(start)) * 12 / self.draw_each("closure", projects, trials)
        closure = np.minimum(closure, start + 12 * self.draw_each("life", projects, trials))
        closed = np.clip(np.floor(closure - 0.5) + 1, 0, months + 1)
        utilisation, length = self.draw_each("utilisation", projects, trials), self.draw_each("ramp", projects, trials)
        curve = model["curve_of"][projects]
        mixed = np.flatnonzero(curve < 0)
        if len(mixed):  # weighted shapes
            pick = self.rng.random(len(mixed))
            shares, numbers = model["shapes"]
            curve[mixed] = numbers[projects[mixed], (pick[:, None] >= shares[projects[mixed]]).sum(axis=1)]
        # From projects to their products.
        first, counts = model["yields"]
        counts = counts[projects]
        pair = np.repeat(np.arange(len(projects)), counts)
        products = first[projects[pair]] + np.arange(len(pair)) - np.repeat(np.cumsum(counts) - counts, counts)
        trials, start, closed, length, curve = (row[pair] for row in (trials, start, closed, length, curve))
        full = self.draw_each("tonnes", products, trials) / 12 * utilisation[pair]
        base = group_of[products] * self.size + trials
        places, weights = [np.zeros(0, np.int64)], [np.zeros(0)]

        def add(at, kink, begin, rise, jump):
            """From `begin` on what rises by so much a month from `kink` on, and a jump."""
            begin = np.broadcast_to(begin, kink.shape)
            use = (begin < months) & (np.maximum(np.ceil(kink), 0) < closed[at])
            month, part = begin[use].astype(np.int64), (begin - kink)[use]
            place = month * (count * self.size) + np.broadcast_to(base[at], kink.shape)[use]
            rise, jump = rise[use], np.broadcast_to(jump, kink.shape)[use]
            places.extend([place, place + count * self.size])
            weights.extend([rise * part + jump, rise * (1 - part) - jump])

        for number, (knots, bends, jump) in enumerate(model["kinks"]):
            at = np.flatnonzero((curve == number) & (length > 0))
            kink = (start[at] - 0.5) + length[at] * knots[:, None]
            size, leap = (full[at] / length[at]) * bends[:, None], np.zeros(kink.shape)
            leap[0] = full[at] * jump
            add(at, kink, np.maximum(np.ceil(kink), 0), size, leap)
            add(at, kink, closed[at], -size, -leap)
        at = np.flatnonzero(length <= 0)
        for begin, sign in ((np.maximum(np.ceil(start[at] - 0.5), 0), 1), (closed[at], -1)):
            add(at, start[at] - 0.5, begin, np.zeros(len(at)), sign * full[at])
        return np.concatenate(places), np.concatenate(weights)

    # --- investment

    def start_investing(self):
        """Rates, how much of them must pass until the next decision, and second differences of what was decided on."""
        investments, count = self.model["investments"], len(self.model["decided_groups"])
        self.rates = [np.broadcast_to(self.draw(each["rate"]) / 12, self.size) for each in investments]
        self.left = [self.rng.standard_exponential(self.size) for _ in investments]
        self.decisions = [np.zeros(self.size, np.int64) for _ in investments]
        self.decided = np.zeros((self.months + 2, count, self.size))
        self.slope, self.level = np.zeros((count, self.size)), np.zeros((count, self.size))

    def invest(self, month):
        """Investors look at the months before this one, and decide; what they decided on earlier makes something."""
        model, plants, deciders, dates = self.model, [], [], []
        for index, spec in enumerate(model["investments"]):
            rate, gone, count, left = self.rates[index], np.zeros(self.size), self.decisions[index], self.left[index]
            if spec["signal"] >= 0 and month:
                signal = self.rows[spec["signal"]][max(month - spec["memory"], 0):month].mean(axis=0)
                rate = rate * np.interp(signal, *zip(*spec["response"]))
            while len(trials := np.flatnonzero((gone + left < rate) & (count < spec["at_most"]))):
                gone[trials] += left[trials]
                left[trials] = self.rng.standard_exponential(len(trials))
                count[trials] += 1
                dated = month + gone[trials] / rate[trials]
                passed = np.ones(len(trials), bool)
                for chance, factor, loading in spec["plant"]["gates"]:
                    passed &= ndtr(self.mixed(factor, loading, trials, len(trials))) < self.draw(chance, len(trials), trials)
                plants.append(np.full(passed.sum(), model["first_plant"] + index))
                deciders.append(trials[passed])
                dates.append(dated[passed])
            left -= rate - gone
        if plants:
            plants, trials, starts = map(np.concatenate, (plants, deciders, dates))
            for slot in range(model["lead_slots"]):
                starts += self.draw_each(f"lead{slot}", plants, trials)
            soon = starts < self.months
            places, weights = self.scatter(plants[soon], trials[soon], starts[soon], model["decided_of"], len(self.slope))
            np.add.at(self.decided.reshape(-1), places, weights)
        self.slope += self.decided[month]
        self.level += self.slope
        for group, made in zip(model["decided_groups"], np.maximum(self.level, 0)):
            place, country, outages = model["groups"][group]
            self.undisturbed[month, place] += made
            for outage in outages:
                made *= 1 - self.effects[month, outage]
            self.capacity[month, place] += made
            if country >= 0:
                self.country[month, country, place // self.markets] += made

    def fill_capacity(self):
        """Capacity by month and place, that of countries asked for, flow factors and effects."""
        model, months, size = self.model, self.months, self.size
        steps, shocks = self.capacity_steps(), self.effect_steps()
        places = self.stages * self.markets
        self.capacity, self.undisturbed = np.zeros((months, places, size)), np.zeros((months, places, size))
        self.country = np.zeros((months, len(model["countries"]), self.stages, size))
        self.effects = np.empty((months, shocks.shape[1], size))
        slope, level, effect = np.zeros(steps.shape[1:]), np.zeros(steps.shape[1:]), np.zeros(shocks.shape[1:])
        growing = [(group, self.draw(tonnes) / 12, np.exp(np.log1p(self.draw(growth)) / 12))
                   for group, tonnes, growth in model["uncertain"]]
        growing = [(group, np.full(size, value), factor) for group, value, factor in growing]
        most = np.array([np.inf if shock["surge"] else 1.0 for shock in model["disruptions"]])[:, None]
        for month in range(months):
            effect += shocks[month]
            seen = np.minimum(effect, most, out=self.effects[month])
            seen[seen < DUST] = 0
            keep = 1 - seen
            slope += steps[month]
            level += slope
            now = np.maximum(level, 0) + model["standing"][:, month, None]
            for group, value, factor in growing:
                now[group] += value
                value *= factor
            for index, (place, country, outages) in enumerate(model["groups"]):
                self.undisturbed[month, place] += now[index]
                for outage in outages:
                    now[index] *= keep[outage]
                self.capacity[month, place] += now[index]
                if country >= 0:
                    self.country[month, country, place // self.markets] += now[index]
        passed = [1 - self.draw(shock["leakage"]) for shock in model["disruptions"]]
        kept, self.factors = {}, {}
        for cut in model["cuts"]:
            by = tuple(cut["by"])
            if by not in kept:
                factor = np.ones((months, size))
                for index in by:
                    factor *= 1 - self.effects[:, index] * passed[index]
                kept[by] = factor
            self.factors.setdefault(cut["stage"], []).append((cut["from"], cut["to"], kept[by]))

    # --- demand

    def fill_demand(self):
        """Final demand before thrift: of each; and by place with final demand, as it is and without surges."""
        model, months = self.model, self.months
        self.demands, self.demand, self.usual = [], {}, {}
        for demand in model["demands"]:
            steps = np.empty((months, self.size))
            steps[0] = np.log(np.maximum(self.draw(demand["tonnes"]), TINY) / 12)
            drift = np.log1p(self.draw(demand["growth"])) / 12
            step = self.draw(demand["volatility"]) / np.sqrt(12)
            if np.any(step > 0):
                self.rng.standard_normal(out=steps[1:])
                steps[1:] *= step
                steps[1:] += drift - step * step / 2
            else:
                steps[1:] = drift
            for month in range(1, months):
                steps[month] += steps[month - 1]
            row = np.exp(steps, out=steps)
            surged = row
            for surge in demand["surges"]:
                surged = surged * (1 + self.effects[:, surge])
            self.demands.append(surged)
            if demand["embedded"] < 0:
                place = demand["place"]
                self.usual[place] = self.usual.get(place, 0) + row
                self.demand[place] = self.demand.get(place, 0) + surged

    # --- months

    def plan(self, capacity, users, cuts):
        """From the last stages to the first: the feed that is wanted, all that is wanted, and what plants would sell if
        feed were no matter."""
        feeds = self.model["feeds"]
        feed_wanted, wanted, planned = ([None] * self.stages for _ in range(3))
        for stage in reversed(range(self.stages)):
            parts = [planned[feeds[use]["to"]] * self.ratios[use] for use in self.uses[stage]]
            feed_wanted[stage] = sum(parts[1:], parts[0]) if parts else None
            both = [part for part in (users[stage], feed_wanted[stage]) if part is not None]
            wanted[stage] = both[0] if len(both) == 1 else sum(both, np.zeros((self.markets, self.size)))
            if self.inputs[stage]:  # else nobody asks
                _, left = exchange(capacity[stage], wanted[stage], cuts[stage])
                planned[stage] = capacity[stage] - left
        return feed_wanted, wanted, planned

    def run(self):
        model, months, markets, size = self.model, self.months, self.markets, self.size
        self.draw_episodes()
        self.fill_capacity()
        self.fill_demand()
        self.ratios = [self.draw(feed["ratio"]) for feed in model["feeds"]]
        self.inputs = [[i for i, feed in enumerate(model["feeds"]) if feed["to"] == stage] for stage in range(self.stages)]
        self.uses = [[i for i, feed in enumerate(model["feeds"]) if feed["from"] == stage] for stage in range(self.stages)]
        self.piles = [[Stock(self, spec) for spec in model["stockpiles"] if spec["place"] // markets == stage]
                      for stage in range(self.stages)]
        self.elasticity = [row and self.draw(row[0]) + self.draw(row[1]) for row in model["price"]]
        self.loss = [self.draw(demand["loss"]) if demand["loss"] >= 0 else 0.0 for demand in model["demands"]]
        zero = np.zeros(size)
        response = [[np.broadcast_to(self.draw(each), size) for each in row] if row else [zero] * 3 for row in model["responses"]]
        learn, most, forget = (np.array([row[i] for row in response]) for i in range(3))
        learn, forget = learn / 12, forget / 12
        final_stages = sorted({place // markets for place in model["finals"]})
        by_stage = lambda rows, month: [
            np.array([rows[stage * markets + market][month] if stage * markets + market in rows else zero
                      for market in range(markets)]) if stage in final_stages else None for stage in range(self.stages)]
        self.saved = [np.zeros((markets, size)) if stage in final_stages else None for stage in range(self.stages)]
        self.deficit, self.needed = ({place: np.zeros(size) for place in model["finals"]} for _ in range(2))
        # What outcomes look back on.
        shape = (months, len(model["finals"]), size)
        self.short, self.fractions, self.served = np.empty(shape), np.empty(shape), np.empty(shape)
        self.unserved_sum = [np.zeros(size) for _ in model["demands"]]
        self.rows = [np.empty((months, size)) for _ in model["series"]]
        counted = {stage for stage in range(self.stages) if self.piles[stage]}
        counted |= {spec["stage"] for spec in model["series"] if spec["kind"] == "stock_days"}
        past, normal = {}, {}
        self.start_investing()
        for month in range(months):
            if model["investments"]:
                self.invest(month)
            capacity = self.capacity[month].reshape(self.stages, markets, size)
            cuts = [[(source, to, rows[month]) for source, to, rows in self.factors.get(stage, ())] for stage in range(self.stages)]
            demand, usual = by_stage(self.demand, month), by_stage(self.usual, month)
            if counted:
                undisturbed = self.undisturbed[month].reshape(self.stages, markets, size)
                _, wants, _ = self.plan(undisturbed, usual, [()] * self.stages)
                for stage in counted:
                    want = wants[stage] if wants[stage] is not None else np.zeros((markets, size))
                    if month == 0:
                        past[stage] = np.broadcast_to(want, (12, *want.shape)).copy()
                    normal[stage] = past[stage].mean(axis=0)
                    past[stage][month % 12] = want
            if month == 0:
                for stage, piles in enumerate(self.piles):
                    for stock in piles:
                        stock.held = stock.initial[0] + stock.initial[1] * normal[stage][stock.market]
            now = self.make(capacity, demand, cuts, normal)
            self.record(month, now)
            for stage in final_stages:
                felt = (now.shortage[stage] > FELT * demand[stage]) & (demand[stage] > 0)
                saved = self.saved[stage]
                self.saved[stage] = np.where(felt, np.minimum(saved + learn, most), np.maximum(saved - forget, 0))

    def make(self, capacity, demand, cuts, normal):
        """From the first stages to the last: matching, production, trade, release, fill, surplus."""
        feeds, markets = self.model["feeds"], self.markets
        now = Month(self.stages, capacity, demand, normal)
        now.users = [None if full is None else full * (1 - saved) for full, saved in zip(demand, self.saved)]
        now.feed_wanted, now.requirement, planned = self.plan(capacity, now.users, cuts)
        received = [None] * len(feeds)
        for stage, cut in enumerate(cuts):
            inputs, uses, piles = self.inputs[stage], self.uses[stage], self.piles[stage]
            if len(inputs) > 1:
                for feed in inputs:
                    self.match(feed, capacity[stage], received, cuts)
            made = capacity[stage]
            for feed in inputs:
                made = np.minimum(made, received[feed] / self.ratios[feed])
            now.production[stage] = made
            got, left = exchange(made, now.requirement[stage], cut)
            traded = left

            # Users first, then later stages by plan; stocks fill gaps.
            users, feed_wanted = now.users[stage], now.feed_wanted[stage]
            fulfilled = np.ones(made.shape, bool)
            short = feed_short = None
            feed = got
            if users is not None:
                met = np.minimum(got, users)
                feed, short = got - met, clean(users - met, users)
                fulfilled = short == 0
            if feed_wanted is not None:
                feed_short = clean(feed_wanted - feed, feed_wanted)
                fulfilled = fulfilled & (feed_short == 0)
            for stock in piles:
                market = stock.market
                out = 0
                if short is not None:
                    out = np.minimum(np.minimum(stock.held, short[market]), stock.release)
                    stock.held = stock.held - out
                    short[market] -= out
                if feed_short is not None:
                    more = np.minimum(np.minimum(stock.held, feed_short[market]), stock.release - out)
                    stock.held = stock.held - more
                    feed_short[market] -= more
                    feed[market] += more
                    stock.released_as_feed = more
            now.unmet_feed[stage] = clean(feed_short, feed_wanted) if feed_short is not None else np.zeros_like(made)
            if short is None:
                now.shortage[stage] = now.unmet_feed[stage]
            elif feed_short is None:
                now.shortage[stage] = clean(short, users)
            else:
                now.shortage[stage] = np.where(demand[stage] > 0, clean(short, users), now.unmet_feed[stage])
            for use in uses:
                part = planned[feeds[use]["to"]] * self.ratios[use] / (feed_wanted + TINY) if len(uses) > 1 else feed_wanted > 0
                received[use] = feed * part

            claims = [0.0] * markets
            for stock in piles:
                full = stock.target[0] + stock.target[1] * normal[stage][stock.market]
                stock.room = np.clip(full - stock.held, 0, stock.fill)
                claims[stock.market] = claims[stock.market] + np.where(fulfilled[stock.market], stock.room, 0)
            for place in self.model["finals"]:
                if place // markets == stage:
                    self.size_stock(stage, place % markets, now, traded, got, claims, cut)
            if piles:
                left = self.fill(piles, left, claims, cut)

            # Surplus goes to plants that the plan left idle.
            if uses:
                idle = [clean(capacity[to] - planned[to], capacity[to]) * self.ratios[use] for use in uses for to in [feeds[use]["to"]]]
                need = idle[0] if len(uses) == 1 else sum(idle)
                if need.any() and left.any():
                    more, left = exchange(left, need, cut)
                    for use, own in zip(uses, idle):
                        received[use] = received[use] + (more if len(uses) == 1 else more * (own / (need + TINY)))
            now.unsold[stage] = left

        # What was released and could not be used returns.
        for stage, uses in enumerate(self.uses):
            rest = np.zeros((markets, self.size))
            for use in uses:
                rest += clean(received[use] - now.production[feeds[use]["to"]] * self.ratios[use], received[use])
            for stock in reversed(self.piles[stage]):
                back = np.minimum(stock.released_as_feed, rest[stock.market])
                stock.held = stock.held + back
                rest[stock.market] -= back
            now.unused[stage] = rest
        return now

    def match(self, feed, capacity, received, cuts):
        """Feed that one market cannot use, since another one is missing, goes where it can be used."""
        spec, ratio, have = self.model["feeds"][feed], self.ratios[feed], received[feed]
        makes = capacity
        for other in self.inputs[spec["to"]]:
            if other != feed:
                makes = np.minimum(makes, received[other] / self.ratios[other])
        usable = makes * ratio
        beyond, lacking = clean(have - usable, have), clean(usable - have, usable)
        if beyond.any() and lacking.any():
            got, left = exchange(beyond, lacking, cuts[spec["from"]])
            received[feed] = have + got - (beyond - left)

    @staticmethod
    def offered(left, market, cut):
        """What a market may buy of what each has left."""
        for source, to, factor in cut:
            if to == market:
                left = left.copy()
                left[source] *= factor
        return left

    def fill(self, piles, unsold, claims, cut):
        """Stocks fill from what nobody bought; what is left then."""
        left, total = unsold, sum(claims)
        for market in sorted({stock.market for stock in piles}):
            offered = self.offered(unsold, market, cut)
            all_offered = add(offered)
            filled = share(claims[market], total, all_offered)
            left = np.maximum(left - offered * (filled / (all_offered + TINY)), 0)
            for stock in piles:
                if stock.market == market:
                    more = np.minimum(stock.room, filled)
                    stock.held = stock.held + more
                    filled = filled - more
        return left

    def size_stock(self, stage, market, now, left, got, claims, cut):
        """What a stock that was full at the start would lack by now, had its users never learnt to save."""
        place, full, feed = stage * self.markets + market, now.demand[stage][market], now.feed_wanted[stage]
        if self.saved[stage][market].any():
            wanted = now.requirement[stage].copy()
            wanted[market] = full if feed is None else full + feed[market]
            got, left = exchange(now.production[stage], wanted, cut)
        met = np.minimum(got[market], full)
        short = clean(full - met, full)
        fulfilled = short == 0
        if feed is not None:
            fulfilled &= clean(feed[market] - (got[market] - met), feed[market]) == 0
        deficit = self.deficit[place]
        want = np.where(fulfilled, deficit, 0)
        own = [stock.fill for stock in self.piles[stage] if stock.market == market]
        if own:
            want = np.minimum(want, sum(own))
        total = want + sum(claim for other, claim in enumerate(claims) if other != market)
        refill = share(want, total, add(self.offered(left, market, cut)))
        self.deficit[place] = np.maximum(deficit + short - refill, 0)
        np.maximum(self.needed[place], self.deficit[place], out=self.needed[place])

    # --- series and outcomes

    def record(self, month, now):
        model = self.model
        now.unserved = {}
        for number, place in enumerate(model["finals"]):
            stage, market = divmod(place, self.markets)
            self.short[month, number] = now.shortage[stage][market]
            self.fractions[month, number] = now.fraction(stage, market)
            self.served[month, number] = now.users[stage][market]
            here = [i for i, demand in enumerate(model["demands"]) if demand["place"] == place and demand["embedded"] < 0]
            missing = now.shortage[stage][market]
            for index in reversed(here) if len(here) > 1 else ():  # the last in the order of service goes short first
                now.unserved[index] = np.minimum(missing, self.demands[index][month] * (1 - self.saved[stage][market]))
                missing = missing - now.unserved[index]
                self.unserved_sum[index] += now.unserved[index]
            if len(here) == 1:
                now.unserved[here[0]] = missing
                self.unserved_sum[here[0]] += missing
        for spec, row in zip(model["series"], self.rows):
            row[month] = self.value(spec, month, now)

    def value(self, spec, month, now):
        """The month's value of a series."""
        kind, stage, market = spec["kind"], spec["stage"], spec["market"]
        if kind in ("production", "capacity", "requirement", "shortage", "unmet_feed", "unsold", "unused"):
            return getattr(now, kind)[stage][market]
        if kind == "demand":
            return now.demand[stage][market] if now.demand[stage] is not None else 0.0
        if kind == "thrift":
            return self.saved[stage][market] * (now.demand[stage][market] > 0) if self.saved[stage] is not None else 0.0
        if kind == "shortage_fraction":
            return now.fraction(stage, market)
        if kind == "share":
            made = now.production[stage]
            own = self.country[month, spec["country"], stage] / (now.capacity[stage, market] + TINY) if spec["country"] >= 0 else 1.0
            return made[market] * own / (add(made) + TINY)
        if kind == "production_outside":
            return add(now.production[stage]) - now.production[stage][market]
        if kind in ("stock", "stock_days"):
            held = sum((stock.held for stock in self.piles[stage] if stock.market == market), np.zeros(self.size))
            if kind == "stock":
                return held
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.where(now.normal[stage][market] > 0, held / now.normal[stage][market] * DAYS_PER_MONTH, np.inf)
        if kind in ("coverage_without", "coverage_in_use_without"):
            return self.coverage(month, now, market, kind == "coverage_in_use_without")[stage]
        if kind == "price_multiple":
            out = np.ones(self.size)
            lacking = np.flatnonzero(now.shortage[stage][market]) if self.elasticity[stage] is not None else []
            if len(lacking):
                supplied = 1 - now.shortage[stage][market, lacking] / now.requirement[stage][market, lacking]
                power = -1 / np.broadcast_to(self.elasticity[stage], self.size)[lacking]
                out[lacking] = np.minimum(np.maximum(supplied, TINY) ** power, self.model["price"][stage][2])
            return out
        if kind == "loss_usd":
            here = [i for i in now.unserved if self.model["demands"][i]["place"] == stage * self.markets + market]
            return sum((now.unserved[i] * self.loss[i] for i in here), np.zeros(self.size))
        if kind == "unserved":
            return now.unserved[spec["demand"]]
        raise ValueError(kind)

    def coverage(self, month, now, without, in_use):
        """By stage: the least, over it and all that it is made from, of what the others could make over what they need."""
        if (without, in_use) not in now.coverages:
            feeds = self.model["feeds"]
            pool = lambda rows: sum(rows[market] for market in range(self.markets) if market != without)
            needed = [0.0 if full is None else pool(full) for full in now.demand]
            for spec, row in zip(self.model["demands"], self.demands):
                if in_use and spec["embedded"] == without:
                    stage = spec["place"] // self.markets
                    needed[stage] = needed[stage] + row[month]
            for stage in reversed(range(self.stages)):
                for feed in self.inputs[stage]:
                    needed[feeds[feed]["from"]] = needed[feeds[feed]["from"]] + needed[stage] * self.ratios[feed]
            covered = []
            for stage, need in enumerate(needed):
                with np.errstate(divide="ignore", invalid="ignore"):
                    least = np.where(need > 0, pool(now.capacity[stage]) / need, np.inf)
                for feed in self.inputs[stage]:
                    least = np.minimum(least, covered[feeds[feed]["from"]])
                covered.append(least)
            now.coverages[without, in_use] = covered
        return now.coverages[without, in_use]

    def outcomes(self):
        """A row of values for each."""
        months, short = self.months, self.short
        run, longest, worst = (np.zeros(short.shape[1:]) for _ in range(3))
        for month in range(months):
            run += 1
            run *= short[month] > 0
            np.maximum(longest, run, out=longest)
            np.maximum(worst, short[max(0, month - 11):month + 1].sum(axis=0), out=worst)
        lacking, total = short > 0, short.sum(axis=0)
        first = np.where(lacking.any(axis=0), lacking.argmax(axis=0), np.inf)
        tables = {"total_shortage": total, "worst_month": self.fractions.max(axis=0), "first_shortage": first,
                  "longest_shortage": longest, "months_short": lacking.sum(axis=0),
                  "fill_rate": 1 - total / (self.served.sum(axis=0) + TINY), "worst_12_months": worst,
                  "stock_needed": [self.needed[place] for place in self.model["finals"]], "total_unserved": self.unserved_sum,
                  "total_loss": [self.lost(place) for place in self.model["finals"]], "milestone": self.dates()}
        values = []
        for spec in self.model["outcomes"]:
            if spec["kind"] in tables:
                values.append(tables[spec["kind"]][spec["of"]])
                continue
            if spec["kind"] == "decisions":
                values.append(self.decisions[spec["of"]])
                continue
            trials, begin, end, *_ = self.episodes[spec["of"]]
            spans = np.minimum(end, months) - np.maximum(begin, 0)
            values.append(np.bincount(trials, spans if spec["kind"] == "disrupted_months" else None, self.size))
        return np.array(values)

    def lost(self, place):
        return sum(sum_ * loss for sum_, loss, spec in zip(self.unserved_sum, self.loss, self.model["demands"])
                   if spec["place"] == place) + np.zeros(self.size)

    def dates(self):
        """Of all milestones."""
        milestones = self.model["milestones"]
        limits = np.array([[m["at_least"], m["at_most"], m["for_months"]] for m in milestones]).reshape(-1, 3).T[:, :, None]
        spell, date = np.zeros((len(milestones), self.size)), np.full((len(milestones), self.size), np.inf)
        for month in range(self.months if milestones else 0):
            value = np.stack([self.rows[m["series"]][month] for m in milestones])
            spell += 1
            spell *= (value >= limits[0]) & (value <= limits[1])
            reached = (spell == limits[2]) & np.isinf(date)
            date[reached] = (month + 1 - np.broadcast_to(limits[2], date.shape))[reached]
        return date


class Stock:
    """A stockpile. Levels are tonnes, and months of normal wants."""

    def __init__(self, chunk, spec):
        level = lambda of: (chunk.draw(of[0]), chunk.draw(of[1]) / DAYS_PER_MONTH)
        self.market = spec["place"] % chunk.markets
        self.target = level(spec["target"])
        self.initial = level(spec["initial"]) if spec["initial"] else self.target
        self.fill, self.release = chunk.draw(spec["fill"]), chunk.draw(spec["release"])
        self.held = self.room = None
        self.released_as_feed = np.zeros(chunk.size)


class Month:
    """What a month was like: by stage, rows of markets and trials."""

    def __init__(self, stages, capacity, demand, normal):
        self.capacity, self.demand, self.normal = capacity, demand, normal
        self.production, self.shortage, self.unmet_feed, self.unsold, self.unused = ([None] * stages for _ in range(5))
        self.coverages = {}

    def fraction(self, stage, market):
        users, feed = self.users[stage], self.feed_wanted[stage]
        of = TINY if users is None else users[market]
        if feed is not None:
            of = np.where(of > TINY, of, feed[market])
        return self.shortage[stage][market] / (of + TINY)


def prepare(model):
    """Arrays of what is the same in all trials."""
    inputs, standing = model["inputs"], model["projects"]
    # What investors decide on comes last.
    projects, model["first_plant"] = standing + [each["plant"] for each in model["investments"]], len(standing)
    inputs.append({"kind": "constant", "params": [0.0], "factor": -1, "loading": 0.0})
    inputs.append({"kind": "constant", "params": [np.inf], "factor": -1, "loading": 0.0})
    nothing, forever = len(inputs) - 2, len(inputs) - 1
    yields = [product for project in projects for product in project["yields"]]
    model["lead_slots"] = max([len(p["leads"]) for p in projects], default=0)
    columns = {f"lead{slot}": [p["leads"][slot] if slot < len(p["leads"]) else nothing for p in projects]
               for slot in range(model["lead_slots"])}
    columns |= {name: [p[name] for p in projects] for name in ("utilisation", "ramp", "closure")}
    columns["life"] = [p["life"] if p["life"] >= 0 else forever for p in projects]
    columns["tonnes"] = [product["tonnes"] for product in yields]
    model["columns"], tables = {}, [np.zeros(0)]
    for name, column in columns.items():
        rows, params = [inputs[index] for index in column], []
        for row in rows:
            if row["kind"] == "scores":
                params.append([sum(map(len, tables)), 0, 0])
                tables.append(np.array(row["params"]))
            else:
                params.append((row["params"] + [0, 0])[:3])
        kinds = np.array([KINDS.get(row["kind"], OTHER) for row in rows], np.int64)
        factor = np.array([row["factor"] for row in rows], np.int64)
        loading = np.array([row["loading"] if row["factor"] >= 0 else 0.0 for row in rows])
        factor = factor if (factor >= 0).any() else None
        model["columns"][name] = (kinds, *np.array(params, float).reshape(-1, 3).T, factor, loading, column)
    model["tables"] = np.concatenate(tables)
    gates = [(index, *gate) for index, project in enumerate(standing) for gate in project["gates"]]
    model["gates"] = [np.array([gate[i] for gate in gates], kind) for i, kind in enumerate((np.int64, np.int64, np.int64, float))]
    known = [inputs[chance]["params"][0] if inputs[chance]["kind"] == "constant" else np.nan for _, chance, *_ in gates]
    model["limits"] = ndtri(np.array(known, float))
    key = lambda row: (row["place"], row["country"], tuple(row["outages"]))
    groups = sorted({key(row) for row in yields + model["capacities"]})
    model["groups"] = groups
    model["group_of"] = np.array([groups.index(key(product)) for product in yields], np.int64)
    decided = sorted({groups.index(key(product)) for each in model["investments"] for product in each["plant"]["yields"]})
    model["decided_groups"] = decided
    model["decided_of"] = np.array([decided.index(group) if group in decided else -1 for group in model["group_of"]], np.int64)
    counts = np.array([len(project["yields"]) for project in projects], np.int64)
    model["yields"] = np.cumsum(counts) - counts, counts
    time = np.arange(model["months"]) / 12
    model["standing"] = np.zeros((len(groups), len(time)))
    model["uncertain"] = []
    for row in model["capacities"]:
        for tonnes, growth in row["known"]:
            model["standing"][groups.index(key(row))] += tonnes / 12 * (1 + growth) ** time
        model["uncertain"] += [(groups.index(key(row)), tonnes, growth) for tonnes, growth in row["uncertain"]]
    # A curve as kinks: where, and by how much the slope changes; and where it begins.
    model["kinks"] = []
    for points in model["curves"]:
        x, y = np.array(points).T
        model["kinks"].append((x, np.diff(np.diff(y) / np.diff(x), prepend=0, append=0), y[0]))
    model["curve_of"] = np.array([p["shapes"][0][0] if len(p["shapes"]) == 1 else -1 for p in projects], np.int64)
    most = max([len(p["shapes"]) for p in projects], default=1)
    fill = lambda row: row + row[-1:] * (most - len(row))
    model["shapes"] = (np.array([fill([share for _, share in p["shapes"]])[:-1] for p in projects]),
                       np.array([fill([number for number, _ in p["shapes"]]) for p in projects]))


def sooner(now, wait, factor, begins, ends, trials):
    """When an idle time is over that passes `factor` times as fast during the given episodes."""
    now, wait = now.copy(), wait.copy()
    for begin, end in zip(begins[:, trials], ends[:, trials]):
        step = np.minimum(wait, np.maximum(begin - now, 0))
        now += step
        wait -= step
        step = np.minimum(wait, np.maximum(end - np.maximum(now, begin), 0) * factor)
        now += step / factor
        wait -= step
    return now + wait


def clean(difference, of):
    """Zero where it is but rounding."""
    return difference * (difference > DUST * of)


def share(of, total, offered):
    return np.minimum(of, offered * (of / (total + TINY)))


def exchange(made, wanted, cuts):
    """What markets get, and what nobody buys. Own use first; what is left over goes where it is needed, in proportion; then
    a second round where it is free. `cuts` are the (from, to, flow factor) that a control may touch."""
    got = np.minimum(made, wanted)
    left, need = made - got, wanted - got
    all_left, all_need = add(left), add(need)
    larger = np.maximum(all_left, all_need) + TINY
    bought, sold = need * (all_left / larger), left * (all_need / larger)
    if not cuts:
        got += bought
        left -= sold
        return got, left
    for source, to, factor in cuts:
        refused = left[source] * (need[to] / larger) * (1 - factor)
        bought[to] -= refused
        sold[source] -= refused
    got += bought
    need -= bought
    left -= sold
    np.maximum(left, 0, out=left)
    # Only trials with a control in force, goods that were refused and markets that lack some have anything to do.
    again = np.flatnonzero((add(left) > DUST * all_left) & (add(need) > DUST * all_need))
    if not len(again):
        return got, left
    left_now, need_now = left[:, again], np.maximum(need[:, again], 0)
    free = np.ones((len(got), *left_now.shape))
    for source, to, factor in cuts:
        free[source, to] = factor[again] == 1
    may_sell, may_buy = (free * need_now).sum(axis=1), (free * left_now[:, None]).sum(axis=0)
    flow = free * left_now[:, None] * need_now / (np.maximum(may_buy, may_sell[:, None]) + TINY)
    got[:, again] += np.minimum(flow.sum(axis=0), need_now)
    left[:, again] = np.maximum(left_now - flow.sum(axis=1), 0)
    return got, left


def add(rows):
    """Sum over the first axis: quicker than `sum` for a few long rows."""
    total = rows[0] + (rows[1] if len(rows) > 1 else 0)
    for row in rows[2:]:
        total += row
    return total


def cells(kind, values):
    """The cell of every value, row by row of one long histogram."""
    law, fine, count = results.cells_of(kind)
    if law == results.LINEAR:
        index = np.minimum(values * fine, count).astype(np.int32)
        index += values > 0
    else:
        index = values.astype(np.float32).view(np.int32) >> (23 - fine)
        index -= (127 + results.LOWEST) << fine
        np.maximum(index, 0, out=index)
    np.minimum(index, count - 1, out=index)
    index += np.arange(len(values), dtype=np.int32)[:, None] * count
    return index.ravel()


def main():
    model, trials, seed, output = results.arguments()
    clock = results.Clock()
    prepare(model)
    tables = [np.zeros(model["months"] * results.cells_of(spec["kind"])[2], np.int64) for spec in model["series"]]
    outcomes = []
    streams = np.random.SeedSequence(seed).spawn(-(-trials // CHUNK))
    for number, stream in enumerate(streams):
        chunk = Chunk(model, np.random.Generator(np.random.SFC64(stream)), min(CHUNK, trials - number * CHUNK))
        chunk.run()
        for spec, values, table in zip(model["series"], chunk.rows, tables):
            table += np.bincount(cells(spec["kind"], values), minlength=len(table))
        outcomes.append(chunk.outcomes())
    names = [spec["name"] for spec in model["outcomes"]]
    outcomes = dict(zip(names, map(results.of_values, np.concatenate(outcomes, axis=1))))
    series = {spec["name"]: results.of_histogram(spec["kind"], table.reshape(model["months"], -1))
              for spec, table in zip(model["series"], tables)}
    results.save(output, trials, clock.read(), outcomes, series)


if __name__ == "__main__":
    main()
