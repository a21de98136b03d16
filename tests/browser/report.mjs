// Writes what the tests say as the JUnit file that Bazel and ./dev count.
const escape = (text) => text.replace(/[<>&"']/g, (c) => `&#${c.charCodeAt(0)};`).replace(/[^\x09\x0a\x20-\ud7ff]/g, "?");

export default async function* report(events) {
  const cases = [];
  for await (const { type, data } of events) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    if (data.details?.type === "suite" || (data.name.endsWith(".mjs") && data.nesting === 0)) continue;
    const error = data.details?.error;
    const text = error ? String(error.cause?.stack ?? error.stack ?? error) : "";
    const outcome = type === "test:fail" ? `<failure message="failed">${escape(text)}</failure>`
      : data.skip !== undefined ? "<skipped/>" : "";
    cases.push(`<testcase name="${escape(data.name)}" time="${(data.details?.duration_ms ?? 0) / 1000}">${outcome}</testcase>`);
  }
  const failures = cases.filter((one) => one.includes("<failure")).length;
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites><testsuite name="browser" tests="${cases.length}" ` +
    `failures="${failures}">\n${cases.join("\n")}\n</testsuite></testsuites>\n`;
}
