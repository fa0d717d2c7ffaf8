/** RFC 3339 date-times that exist. */

const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,30})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const LEAP_SECOND = 60;

/**
 * True for an RFC 3339 date-time with any offset, on a day the calendar has. Year 0 is refused: neither the calendar
 * nor Postgres has it. A 60th second is taken at the end of an hour or half hour, where leap seconds fall at nearly all
 * offsets in use.
 */
export function isDateTime(value: unknown): value is string {
  const parts = typeof value === "string" ? DATE_TIME.exec(value) : null;
  if (parts === null) return false;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (year === 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return false;
  if (hour > 23 || minute > 59 || second > LEAP_SECOND) return false;
  return second < LEAP_SECOND || minute % 30 === 29;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
