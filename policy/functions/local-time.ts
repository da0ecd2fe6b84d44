/**
 * `local(now, 'Europe/Berlin')` and `window(now, 'mon-fri 09:00-17:00 Europe/Berlin')`: the clock on a wall, for change
 * windows. The time zone is always named: nothing here follows the zone of the machine.
 */
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const minutesInDay = 24 * 60;

/** Registered with CEL under this name, which is why it is a class. */
export class LocalTime {
  readonly year: bigint;
  readonly month: bigint;
  readonly day: bigint;
  readonly hour: bigint;
  readonly minute: bigint;
  /** `mon` to `sun`. */
  readonly weekday: string;
  /** `2026-03-29` */
  readonly date: string;

  constructor(parts: Readonly<Record<'year' | 'month' | 'day' | 'hour' | 'minute', number>>) {
    this.year = BigInt(parts.year);
    this.month = BigInt(parts.month);
    this.day = BigInt(parts.day);
    this.hour = BigInt(parts.hour);
    this.minute = BigInt(parts.minute);
    const dayOfWeek = new Date(Date.UTC(parts.year, parts.month - 1, parts.day)).getUTCDay();
    this.weekday = weekdays[(dayOfWeek + 6) % 7] ?? 'mon';
    const two = (value: number): string => String(value).padStart(2, '0');
    this.date = `${String(parts.year).padStart(4, '0')}-${two(parts.month)}-${two(parts.day)}`;
  }
}

export const localTimeFields = {
  year: 'int',
  month: 'int',
  day: 'int',
  hour: 'int',
  minute: 'int',
  weekday: 'string',
  date: 'string',
} as const;

export type Clock = (now: number) => LocalTime;

/** @returns undefined for a name that is no time zone. */
export function compileTimeZone(zone: string): Clock | undefined {
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
    return (now) => {
      const parts = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, Number(value)]));
      const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = parts;
      return new LocalTime({ year, month, day, hour, minute });
    };
  } catch {
    return undefined;
  }
}

export type CompiledWindow = { kind: 'window'; test: (now: number) => boolean } | { kind: 'invalid'; reason: string };

/** `mon-fri 09:00-17:00 Europe/Berlin`; the end is not in it; a window over midnight belongs to the day it begins on. */
export function compileWindow(text: string): CompiledWindow {
  const [, days = '', from = '', to = '', zone = ''] = /^(\S+) (\d\d:\d\d)-(\d\d:\d\d) (\S+)$/u.exec(text) ?? [];
  const clock = compileTimeZone(zone);
  const on = readDays(days);
  const [start, end] = [readMinutes(from), readMinutes(to)];
  if (!on) return { kind: 'invalid', reason: 'days such as mon-fri or sat,sun, then 09:00-17:00, then a time zone' };
  if (start === undefined || end === undefined || start === end || start === minutesInDay) {
    return { kind: 'invalid', reason: 'times from 00:00 to 24:00 that differ' };
  }
  if (!clock) return { kind: 'invalid', reason: 'a time zone such as Europe/Berlin or UTC' };
  return {
    kind: 'window',
    test: (now) => {
      const time = clock(now);
      const today = weekdays.findIndex((day) => day === time.weekday);
      const minute = Number(time.hour) * 60 + Number(time.minute);
      if (start < end) return on.has(today) && minute >= start && minute < end;
      return (on.has(today) && minute >= start) || (on.has((today + 6) % 7) && minute < end);
    },
  };
}

function readDays(text: string): ReadonlySet<number> | undefined {
  const on = new Set<number>();
  for (const part of text.split(',')) {
    const [first = '', last = first, ...more] = part.split('-');
    const from = weekdays.findIndex((day) => day === first);
    const to = weekdays.findIndex((day) => day === last);
    if (from < 0 || to < 0 || more.length > 0) return undefined;
    for (let day = from; ; day = (day + 1) % 7) {
      on.add(day);
      if (day === to) break;
    }
  }
  return on;
}

function readMinutes(text: string): number | undefined {
  const [hours = Number.NaN, minutes = Number.NaN] = text.split(':').map(Number);
  const total = hours * 60 + minutes;
  return minutes < 60 && total <= minutesInDay ? total : undefined;
}
