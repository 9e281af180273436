"""The model in NumPy: vectorised over the trials of a chunk, with a loop over the months.

    python numpy_peer.py MODEL.json TRIALS SEED OUTPUT.json

Projects that come and disruptions that strike are lists of (trial, time, size), which `bincount` scatters into months:
a piecewise-linear ramp is a few kinks, and so a few second differences; an episode is a few first differences.
"""

import os
from statistics import NormalDist

import numpy as np
from scipy.special import ndtr

import results

CHUNK = int(os.environ.get("CHUNK", 1000))
DUST, FELT, TINY = 1e-12, 0.01, 1e-300
DAYS_PER_MONTH = 365 / 12


def triangular(u, low, mode, high):
    left = (mode - low) / (high - low)
    return np.where(u < left, low + np.sqrt(u * (high - low) * (mode - low)),
                    high - np.sqrt((1 - u) * (high - low) * (high - mode)))


class Chunk:
    """Some trials."""

    def __init__(self, model, rng, size):
        self.model, self.rng, self.size = model, rng, size
        self.months, self.markets = model["months"], len(model["markets"])
        self.common = [rng.standard_normal(size) for _ in model["factors"]]

    # --- draws

    def mixed(self, factor, trials=slice(None), size=None):
        """Standard normals, correlated through the common factor."""
        own = self.rng.standard_normal(self.size if size is None else size)
        if factor < 0:
            return own
        rho = self.model["factors"][factor]["rho"]
        return np.sqrt(rho) * self.common[factor][trials] + np.sqrt(1 - rho) * own

    def draw(self, index, size=None):
        """An input: once per trial, or `size` times."""
        row, rng = self.model["inputs"][index], self.rng
        size = self.size if size is None else size
        kind, p = row["kind"], row["params"]
        if kind == "constant":
            return p[0]
        if row["factor"] >= 0:
            assert kind == "triangular"
            return triangular(ndtr(self.mixed(row["factor"])), *p)
        if kind == "discrete":
            return np.array(p[1::2])[np.searchsorted(p[0::2], rng.random(size), side="right")]
        if kind == "mixture":
            return np.where(rng.random(size) < p[0], self.draw(p[1]), self.draw(p[2]))
        name = {"lognormal": "lognormal", "uniform": "uniform", "triangular": "triangular", "gamma": "gamma",
                "beta": "beta", "exponential": "exponential"}[kind]
        return getattr(rng, name)(*p, size)

    def draw_each(self, column, projects, trials):
        """An input of every (project, trial) pair."""
        kinds, a, b, c, factor = self.model["columns"][column]
        kinds = kinds[projects]
        out = a[projects]
        for kind in np.unique(kinds):
            at = np.flatnonzero(kinds == kind)
            if kind == 0:
                continue
            who = projects[at]
            if factor is not None:
                z = self.mixed(factor, trials[at], len(at))
                u = z if kind == 3 else ndtr(z)
            else:
                u = self.rng.standard_normal(len(at)) if kind == 3 else self.rng.random(len(at))
            if kind == 1:
                out[at] = a[who] + (b[who] - a[who]) * u
            elif kind == 2:
                out[at] = triangular(u, a[who], b[who], c[who])
            else:
                out[at] = np.exp(a[who] + b[who] * u)
        return out

    # --- disruptions

    def draw_episodes(self):
        """By disruption: trial, begin, end, severity of every episode."""
        self.episodes = [None] * len(self.model["disruptions"])
        order = sorted(range(len(self.episodes)), key=lambda i: self.model["disruptions"][i]["raised_by"] >= 0)
        for index in order:
            self.episodes[index] = self.episodes_of(self.model["disruptions"][index])

    def episodes_of(self, shock):
        rate = np.broadcast_to(self.draw(shock["rate"]) / 12, self.size)
        trials = np.arange(self.size)
        now = np.full(self.size, shock["not_before"])
        raiser = self.padded(self.episodes[shock["raised_by"]]) if shock["raised_by"] >= 0 else None
        found = []
        if shock["active"] > 0:
            on = trials[self.rng.random(self.size) < shock["active"]]
            end = np.broadcast_to(self.draw(shock["duration"], len(on)), len(on))
            found.append((on, np.zeros(len(on)), end, self.draw(shock["severity"], len(on))))
            now[on] = np.maximum(now[on], end)
        while len(trials):
            wait = self.rng.standard_exponential(len(trials)) / rate[trials]
            begin = now + wait if raiser is None else sooner(now, wait, shock["raised_factor"], *raiser, trials)
            inside = begin < self.months
            trials, begin = trials[inside], begin[inside]
            end = begin + self.draw(shock["duration"], len(trials))
            found.append((trials, begin, end, self.draw(shock["severity"], len(trials))))
            now = np.maximum(end, shock["not_before"])
        return [np.concatenate([np.broadcast_to(part[i], len(part[0])) for part in found]) for i in range(4)]

    def padded(self, episodes):
        """Begins and ends in order of time, one column per episode, far away where there is none."""
        trials, begin, end, _ = episodes
        order = np.lexsort((begin, trials))
        trials, begin, end = trials[order], begin[order], end[order]
        number = np.arange(len(trials)) - np.searchsorted(trials, trials)
        table = np.full((2, number.max(initial=-1) + 1, self.size), 1e9)
        table[:, number, trials] = begin, end
        return table

    def effect_steps(self):
        """First differences of the month-averaged effects: (months + 2, disruptions, trials)."""
        count, places, weights = len(self.episodes), [], []
        for index, (trials, begin, end, severity) in enumerate(self.episodes):
            for at, sign in ((begin, 1), (np.minimum(end, self.months), -1)):
                month = at.astype(np.int64)
                part = at - month
                place = (month * count + index) * self.size + trials
                places += [place, place + count * self.size]
                weights += [sign * severity * (1 - part), sign * severity * part]
        shape = (self.months + 2, count, self.size)
        return np.bincount(np.concatenate(places), np.concatenate(weights), np.prod(shape)).reshape(shape)

    # --- projects and capacity

    def draw_projects(self):
        """(project, trial) pairs of those that start within the horizon, and when."""
        model = self.model
        starts = np.full((len(model["projects"]), self.size), np.inf)
        passed = np.ones(starts.shape, bool)
        for factor, rows, limits in model["gates"]:
            own = self.rng.standard_normal((len(rows), self.size))
            if factor >= 0:
                rho = model["factors"][factor]["rho"]
                own *= np.sqrt(1 - rho)
                own += np.sqrt(rho) * self.common[factor]
            np.logical_and.at(passed, rows, own < limits[:, None])
        projects, trials = np.nonzero(passed)
        starts[projects, trials] = model["bases"][projects] + self.draw_each("lead", projects, trials)
        for index, project in enumerate(model["projects"]):
            for required in project["requires"]:
                np.maximum(starts[index], starts[required], out=starts[index])
        projects, trials = np.nonzero(starts < self.months)
        return projects, trials, starts[projects, trials]

    def capacity_steps(self):
        """Second differences of what projects add: (months + 2, groups, trials).

        Output is a sum of ramps `max(0, m - c)` that begin at the kinks `c` of the curve, and end where it closes."""
        model, months = self.model, self.months
        projects, trials, start = self.draw_projects()
        rate = model["closure_rates"][projects]
        with np.errstate(divide="ignore"):
            closure = start + self.rng.standard_exponential(len(start)) * 12 / rate
        closed = np.minimum(np.floor(closure - 0.5) + 1, months + 1)
        full = self.draw_each("tonnes", projects, trials) / 12 * self.draw_each("utilisation", projects, trials)
        length = self.draw_each("ramp", projects, trials)
        curve = model["curve_of"][projects]
        mixed = np.flatnonzero(curve < 0)
        if len(mixed):  # weighted shapes
            pick = self.rng.random(len(mixed))
            shares, numbers = model["shapes"]
            curve[mixed] = numbers[projects[mixed], (pick[:, None] >= shares[projects[mixed]]).sum(axis=1)]
        count = len(model["groups"])
        base = model["group_of"][projects] * self.size + trials
        places, weights = [], []
        for number, (knots, bends) in enumerate(model["kinks"]):
            at = np.flatnonzero(curve == number)
            kink = (start[at] - 0.5) + length[at] * knots[:, None]
            size = (full[at] / length[at]) * bends[:, None]
            first = np.maximum(np.ceil(kink), 0)
            for begin, sign in ((first, 1), (closed[at], -1)):
                begin = np.broadcast_to(begin, kink.shape)
                use = (begin < months) & (first < closed[at])
                month, part = begin[use].astype(np.int64), (begin - kink)[use]
                place = month * (count * self.size) + np.broadcast_to(base[at], kink.shape)[use]
                weight = sign * size[use]
                places += [place, place + count * self.size]
                weights += [weight * part, weight * (1 - part)]
        shape = (months + 2, count, self.size)
        return np.bincount(np.concatenate(places), np.concatenate(weights), np.prod(shape)).reshape(shape)

    def fill_capacity(self):
        """Capacity by month and place, that of countries asked for, flow factors and effects."""
        model, months, size = self.model, self.months, self.size
        steps, shocks = self.capacity_steps(), self.effect_steps()
        places = len(model["stages"]) * self.markets
        self.capacity = np.zeros((months, places, size))
        self.country = np.zeros((months, len(model["stages"]), size))
        self.effects = np.empty((months, shocks.shape[1], size))
        slope, level, effect = np.zeros(steps.shape[1:]), np.zeros(steps.shape[1:]), np.zeros(shocks.shape[1:])
        growing = [(group, tonnes / 12, np.exp(np.log1p(self.draw(growth)) / 12))
                   for group, tonnes, growth in model["uncertain"]]
        growing = [(group, np.full(size, value), factor) for group, value, factor in growing]
        for month in range(months):
            effect += shocks[month]
            seen = np.clip(effect, 0, 1, out=self.effects[month])
            seen[seen < DUST] = 0
            keep = 1 - seen
            slope += steps[month]
            level += slope
            now = level + model["standing"][:, month, None]
            for group, value, factor in growing:
                now[group] += value
                value *= factor
            for index, (place, country, outages) in enumerate(model["groups"]):
                for outage in outages:
                    now[index] *= keep[outage]
                self.capacity[month, place] += now[index]
                if country >= 0:
                    self.country[month, place // self.markets] += now[index]
        np.maximum(self.capacity, 0, out=self.capacity)
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
        """Final demand before thrift: by demand, and by market."""
        model, months = self.model, self.months
        self.demands, self.demand = [], np.zeros((months, self.markets, self.size))
        for demand in model["demands"]:
            steps = np.empty((months, self.size))
            steps[0] = np.log(demand["tonnes"] / 12)
            drift = np.log1p(self.draw(demand["growth"])) / 12
            step = demand["volatility"] / np.sqrt(12)
            if step > 0:
                self.rng.standard_normal(out=steps[1:])
                steps[1:] *= step
                steps[1:] += drift - step * step / 2
            else:
                steps[1:] = drift
            for month in range(1, months):
                steps[month] += steps[month - 1]
            row = np.exp(steps, out=steps)
            for surge in demand["surges"]:
                row *= 1 + self.effects[:, surge]
            self.demands.append(row)
            self.demand[:, demand["place"] % self.markets] += row

    # --- months

    def run(self):
        model, months, markets, size = self.model, self.months, self.markets, self.size
        self.draw_episodes()
        self.fill_capacity()
        self.fill_demand()
        stages = len(model["stages"])
        final = model["finals"][0] // markets
        self.ratios = [[self.draw(ratio) for _, ratio in feeds] for feeds in model["feeds"]]
        stocks = [[] for _ in range(stages)]
        for stock in model["stockpiles"]:
            target = self.draw(stock["target"]) / DAYS_PER_MONTH
            same = stock["initial"] == stock["target"]
            initial = target if same else self.draw(stock["initial"]) / DAYS_PER_MONTH
            stage, market = divmod(stock["place"], markets)
            stocks[stage].append([market, target, initial, stock["fill"], None])
        zero = np.zeros(size)
        response = [[np.broadcast_to(self.draw(each), size) for each in row] if row else [zero] * 3 for row in model["responses"]]
        learn, most, forget = (np.array([row[i] for row in response]) for i in range(3))
        learn, forget = learn / 12, forget / 12
        saved = np.zeros((markets, size))
        self.made = np.empty((months, stages, markets, size))
        self.shortage = np.empty((months, stages, markets, size))
        self.fraction = np.empty((months, stages, markets, size))
        self.before = np.empty((months, markets, size))
        self.refill = np.zeros((months, markets, size))
        self.stock_days = {stage * markets + market: np.empty((months, size)) for stage in range(stages)
                           for market, *_ in stocks[stage]}
        self.kept = np.empty((months, markets, size))
        factors = np.ones((markets, markets, size))
        for month in range(months):
            capacity = self.capacity[month].reshape(stages, markets, size)
            received = {}
            for stage in range(stages):
                made = capacity[stage]
                for number, ratio in enumerate(self.ratios[stage]):
                    made = np.minimum(made, received[stage, number] / ratio)
                self.made[month, stage] = made
                consumer = model["consumers"][stage]
                if stage == final:
                    wanted = self.demand[month] * (1 - saved)
                    self.kept[month] = 1 - saved
                else:
                    wanted = capacity[consumer[0]] * self.ratios[consumer[0]][consumer[1]]
                got = np.minimum(made, wanted)
                supply, need = made - got, wanted - got
                cut = self.factors.get(stage)
                if cut:
                    for source, to, rows in cut:
                        factors[source, to] = rows[month]
                trade(got, supply, need, factors if cut else None)
                short = wanted - got
                short[short <= DUST * wanted] = 0
                if stage == final:
                    self.before[month] = short
                if stocks[stage]:
                    fulfilled = short == 0
                    feed = self.fill(month, stage, stocks[stage], wanted, short, supply, factors if cut else None, fulfilled)
                    got = got + feed
                    short[short <= DUST * wanted] = 0
                if cut:
                    for source, to, _ in cut:
                        factors[source, to] = 1
                self.shortage[month, stage] = short
                np.divide(short, wanted, out=self.fraction[month, stage])
                if consumer:
                    received[tuple(consumer)] = got
            felt = short > FELT * self.demand[month]
            saved = np.where(felt, np.minimum(saved + learn, most), np.maximum(saved - forget, 0))

    def fill(self, month, stage, stocks, wanted, short, supply, factors, fulfilled):
        """Releases stocks against the shortage, else fills them from what nobody bought. Returns what was released."""
        released = np.zeros_like(short)
        unsold = supply[0] + supply[1] + supply[2] if self.markets == 3 else supply.sum(axis=0)
        room, total, total_if_never_full, fill, fill_if_never_full = [], 0, 0, {}, {}
        for stock in stocks:
            market, target, initial, limit, _ = stock
            if month == 0:
                stock[4] = initial * wanted[market]
            out = np.minimum(stock[4], short[market])
            stock[4] = stock[4] - out
            short[market] -= out
            released[market] += out
            space = np.clip(target * wanted[market] - stock[4], 0, limit)
            room.append(space)
            more = np.minimum(limit, unsold) * fulfilled[market]
            fill[market] = fill.get(market, 0) + space * fulfilled[market]
            fill_if_never_full[market] = fill_if_never_full.get(market, 0) + more
        total = sum(fill.values()) + TINY
        total_if_never_full = sum(fill_if_never_full.values()) + TINY
        taken = {}
        for market in fill:
            offered = unsold
            if factors is not None:
                offered = sum(factors[source, market] * supply[source] for source in range(self.markets))
            taken[market] = np.minimum(fill[market], offered * fill[market] / total)
            if stage == self.model["finals"][0] // self.markets:
                never = fill_if_never_full[market]
                self.refill[month, market] = np.minimum(never, offered * never / total_if_never_full)
        held = {}
        for stock, space in zip(stocks, room):
            market = stock[0]
            filled = np.minimum(space, taken[market])
            stock[4] += filled
            taken[market] = taken[market] - filled
            held[market] = held.get(market, 0) + stock[4]
        for market, tonnes in held.items():
            self.stock_days[stage * self.markets + market][month] = tonnes / wanted[market] * DAYS_PER_MONTH
        return released

    # --- series and outcomes

    def series(self, spec):
        """A series: (months, trials)."""
        model, markets = self.model, self.markets
        stage, market = spec["stage"], spec["market"]
        place = stage * markets + market
        kind = spec["kind"]
        if kind == "capacity":
            return self.capacity[:, place]
        if kind == "shortage_fraction":
            return self.fraction[:, stage, market]
        if kind == "stock_days":
            return self.stock_days[place]
        if kind == "share":
            made = self.made[:, stage]
            return made[:, market] * self.country[:, stage] / self.capacity[:, place] / made.sum(axis=1)
        if kind == "coverage_without":
            return self.coverage(market)[stage]
        if kind == "price_multiple":
            demand, supply, most = model["price"][stage]
            power = -1 / (self.draw(demand) + self.draw(supply))
            supplied = 1 - self.fraction[:, stage, market]
            out = np.ones_like(supplied)
            month, trial = np.nonzero(supplied < 1)
            out[month, trial] = np.minimum(np.maximum(supplied[month, trial], TINY) ** power[trial], most)
            return out
        raise ValueError(kind)

    def coverage(self, without):
        """By stage: what the others could make over what they need."""
        if getattr(self, "coverages", None) is None:
            model, markets = self.model, self.markets
            others = [market for market in range(markets) if market != without]
            pool = lambda rows, first: sum(rows[:, first + market] for market in others)
            made = [pool(self.capacity, stage * markets) for stage in range(len(model["stages"]))]
            for stage, feeds in enumerate(model["feeds"]):
                for (feed, _), ratio in zip(feeds, self.ratios[stage]):
                    made[stage] = np.minimum(made[stage], made[feed] / ratio)
            needed = [0] * len(made)
            needed[model["finals"][0] // markets] = pool(self.demand, 0)
            for stage in reversed(range(len(made))):
                for (feed, _), ratio in zip(model["feeds"][stage], self.ratios[stage]):
                    needed[feed] = needed[feed] + needed[stage] * ratio
            self.coverages = [m / n for m, n in zip(made, needed)]
        return self.coverages

    def outcomes(self, series):
        """By name: a value per trial."""
        model, months, markets = self.model, self.months, self.markets
        final = model["finals"][0] // markets
        short = self.shortage[:, final]
        run, longest, deficit, needed = (np.zeros((markets, self.size)) for _ in range(4))
        year, worst = np.zeros((markets, self.size)), np.zeros((markets, self.size))
        floors = np.array([m["at_least"] for m in model["milestones"]])[:, None]
        lengths = np.array([m["for_months"] for m in model["milestones"]])[:, None]
        rows = [series[m["series"]] for m in model["milestones"]]
        spell, date = np.zeros((len(rows), self.size)), np.full((len(rows), self.size), np.inf)
        for month in range(months):
            lacking = short[month] > 0
            run += 1
            run *= lacking
            np.maximum(longest, run, out=longest)
            deficit += self.before[month]
            deficit -= self.refill[month]
            np.maximum(deficit, 0, out=deficit)
            np.maximum(needed, deficit, out=needed)
            year = short[max(0, month - 11):month + 1].sum(axis=0)
            np.maximum(worst, year, out=worst)
            spell += 1
            spell *= np.stack([row[month] for row in rows]) >= floors
            reached = (spell == lengths) & np.isinf(date)
            date[reached] = (month + 1 - np.broadcast_to(lengths, date.shape))[reached]
        lacking = short > 0
        first = np.where(lacking.any(axis=0), lacking.argmax(axis=0), np.inf)
        tables = [short.sum(axis=0), self.fraction[:, final].max(axis=0), first, longest, worst, needed]
        values = [table[place % markets] for table in tables for place in model["finals"]]
        for place in model["finals"]:
            here = [i for i, demand in enumerate(model["demands"]) if demand["place"] == place]
            if len(here) > 1:  # the last in the order of service goes short first
                missing, unserved = short[:, place % markets], {}
                for index in reversed(here):
                    wanted = self.demands[index] * self.kept[:, place % markets]
                    part = np.minimum(missing, wanted)
                    missing = missing - part
                    unserved[index] = part.sum(axis=0)
                values += [unserved[index] for index in here]
        values += list(date)
        counts, spans = [], []
        for trials, begin, end, _ in self.episodes:
            counts.append(np.bincount(trials, minlength=self.size))
            spans.append(np.bincount(trials, np.minimum(end, months) - begin, self.size))
        return np.array(values + counts + spans)


def prepare(model):
    """Arrays of what is the same in all trials."""
    projects, inputs = model["projects"], model["inputs"]
    kinds = ["constant", "uniform", "triangular", "lognormal"]
    model["columns"] = {}
    for column in ("lead", "tonnes", "utilisation", "ramp"):
        rows = [inputs[project[column]] for project in projects]
        factors = {row["factor"] for row in rows if row["kind"] != "constant"} or {-1}
        assert len(factors) == 1, "one correlation for all projects"
        padded = np.array([(row["params"] + [0, 0])[:3] for row in rows])
        factor = factors.pop()
        model["columns"][column] = (np.array([kinds.index(row["kind"]) for row in rows]), *padded.T, None if factor < 0 else factor)
    model["bases"] = np.array([project["base"] for project in projects])
    model["closure_rates"] = np.array([project["closure_rate"] for project in projects])
    gates = {}
    for index, project in enumerate(projects):
        for chance, factor in project["gates"]:
            gates.setdefault(factor, []).append((index, NormalDist().inv_cdf(chance)))
    model["gates"] = [(factor, np.array([i for i, _ in rows]), np.array([x for _, x in rows])) for factor, rows in gates.items()]
    groups = sorted({(row["place"], row["country"], tuple(row["outages"])) for row in projects + model["capacities"]})
    model["groups"] = groups
    key = lambda row: groups.index((row["place"], row["country"], tuple(row["outages"])))
    model["group_of"] = np.array([key(project) for project in projects])
    time = np.arange(model["months"]) / 12
    model["standing"] = np.zeros((len(groups), len(time)))
    model["uncertain"] = []
    for row in model["capacities"]:
        for tonnes, growth in row["known"]:
            model["standing"][key(row)] += tonnes / 12 * (1 + growth) ** time
        model["uncertain"] += [(key(row), tonnes, growth) for tonnes, growth in row["uncertain"]]
    # A curve as kinks: where, and by how much the slope changes.
    model["kinks"] = []
    for points in model["curves"]:
        x, y = np.array(points).T
        model["kinks"].append((x, np.diff(np.diff(y) / np.diff(x), prepend=0, append=0)))
    model["curve_of"] = np.array([p["shapes"][0][0] if len(p["shapes"]) == 1 else -1 for p in projects])
    most = max(len(p["shapes"]) for p in projects)
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


def trade(got, supply, need, factors):
    """Trade in place: what is left over goes where it is needed, in proportion; then a second round where it is free."""
    if factors is None:
        larger = np.maximum(supply.sum(axis=0), need.sum(axis=0)) + TINY
        sold, bought = supply * (need.sum(axis=0) / larger), need * (supply.sum(axis=0) / larger)
    else:
        total = np.maximum(add(supply), add(need)) + TINY
        flow = supply[:, None] * (need / total) * factors
        sold, bought = add(flow.swapaxes(0, 1)), add(flow)
    got += np.minimum(bought, need)
    supply -= sold
    np.maximum(supply, 0, out=supply)
    if factors is None:
        return
    need -= bought
    np.maximum(need, 0, out=need)
    free = factors == 1
    buy = need * free
    may_sell = add(buy.swapaxes(0, 1))
    may_buy = add(supply[:, None] * free)
    larger = np.maximum(may_buy, may_sell[:, None])
    larger += TINY
    flow = np.multiply(buy, supply[:, None], out=buy)
    flow /= larger
    got += np.minimum(add(flow), need)
    supply -= add(flow.swapaxes(0, 1))
    np.maximum(supply, 0, out=supply)


def add(rows):
    """Sum over the first axis: quicker than `sum` for a few long rows."""
    total = rows[0] + rows[1]
    for row in rows[2:]:
        total += row
    return total


def cells(kind, values):
    """The cell of every value, row by row of one long histogram."""
    law, fine, count = results.CELLS[kind]
    if law == results.LINEAR:
        index = (values * fine).astype(np.int32)
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
    tables = [np.zeros(model["months"] * results.CELLS[spec["kind"]][2], np.int64) for spec in model["series"]]
    outcomes = []
    streams = np.random.SeedSequence(seed).spawn(-(-trials // CHUNK))
    for number, stream in enumerate(streams):
        chunk = Chunk(model, np.random.Generator(np.random.SFC64(stream)), min(CHUNK, trials - number * CHUNK))
        chunk.run()
        series = [chunk.series(spec) for spec in model["series"]]
        for spec, values, table in zip(model["series"], series, tables):
            table += np.bincount(cells(spec["kind"], values), minlength=len(table))
        outcomes.append(chunk.outcomes(series))
    outcomes = dict(zip(model["outcomes"], map(results.of_values, np.concatenate(outcomes, axis=1))))
    series = {spec["name"]: results.of_histogram(spec["kind"], table.reshape(model["months"], -1))
              for spec, table in zip(model["series"], tables)}
    results.save(output, trials, clock.read(), outcomes, series)


if __name__ == "__main__":
    main()
