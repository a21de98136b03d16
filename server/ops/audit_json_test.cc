#include "server/ops/audit_json.h"

#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "gtest/gtest.h"

namespace twofold {
namespace {

using Json = nlohmann::ordered_json;

constexpr UnixMillis kTime = 1'767'323'045'678;  // 2026-01-02T03:04:05.678Z

std::string Quoted(absl::string_view text) {
  std::string out;
  AppendJsonString(text, out);
  return out;
}

std::string Line(const AuditEvent& event, UnixMillis time) {
  std::string out;
  AppendAuditLine(event, time, out);
  return out;
}

AuditEvent FullEvent() {
  AuditEvent event;
  event.event = "Verify";
  event.outcome = "CODE_REJECTED";
  event.detail = "replayed";
  event.method_type = "totp";
  event.tenant = "acme";
  event.user = "ann";
  event.method_id = "mabc";
  event.grant_id = "gabc";
  event.caller = "spiffe://prod/login";
  event.client_address = "203.0.113.7";
  event.has_request_id = true;
  event.consecutive_failures = 3;
  event.duration_us = 812;
  return event;
}

TEST(AuditJson, WritesEveryFieldInItsPlace) {
  EXPECT_EQ(
      Line(FullEvent(), kTime),
      R"({"time":"2026-01-02T03:04:05.678Z","event":"Verify","outcome":"CODE_REJECTED","detail":"replayed",)"
      R"("tenant":"acme","user":"ann","method_id":"mabc","method_type":"totp","grant_id":"gabc",)"
      R"("caller":"spiffe://prod/login","client_address":"203.0.113.7","request_id":true,"consecutive_failures":3,"duration_us":812})"
      "\n");
}

TEST(AuditJson, LeavesOutWhatIsNotKnown) {
  AuditEvent event;
  event.event = "ListMethods";
  event.outcome = "ok";
  event.user = "ann";
  EXPECT_EQ(
      Line(event, kTime),
      R"({"time":"2026-01-02T03:04:05.678Z","event":"ListMethods","outcome":"ok","tenant":"","user":"ann",)"
      R"("request_id":false,"duration_us":0})"
      "\n");
}

TEST(AuditJson, SaysHowManyWereDropped) {
  std::string line;
  AppendDroppedLine(42, kTime, line);
  EXPECT_EQ(line, "{\"time\":\"2026-01-02T03:04:05.678Z\",\"event\":\"dropped\",\"count\":42}\n");
}

TEST(AuditJson, WritesTimesAsRfc3339) {
  const std::pair<UnixMillis, const char*> cases[] = {
      {0, "1970-01-01T00:00:00.000Z"},
      {1, "1970-01-01T00:00:00.001Z"},
      {-1, "1969-12-31T23:59:59.999Z"},
      {951'782'399'999, "2000-02-28T23:59:59.999Z"},
      {951'782'400'000, "2000-02-29T00:00:00.000Z"},
      {253'402'300'799'999, "9999-12-31T23:59:59.999Z"},
  };
  for (const auto& [time, text] : cases) EXPECT_EQ(Json::parse(Line({}, time))["time"], text);
}

TEST(AuditJson, EscapesStrings) {
  const std::pair<std::string, const char*> cases[] = {
      {"", R"("")"},
      {"plain", R"("plain")"},
      {"quote\"back\\slash/", R"("quote\"back\\slash/")"},
      {"a\nb\tc\rd", R"("a\nb\tc\u000dd")"},
      {std::string("\0\x1b[2J\x7f", 6), R"("\u0000\u001b[2J\u007f")"},
      {"Zo\u00eb \u20ac \U0001F511", "\"Zo\u00eb \u20ac \U0001F511\""},
      {"\u0085\u009b\u2028\u2029", R"("\u0085\u009b\u2028\u2029")"},
      {"\u202e\u2066\u200b\ufeff\U000e0041", R"("\u202e\u2066\u200b\ufeff\udb40\udc41")"},
      {"\xff", "\"\uFFFD\""},
      {"a\xc3", "\"a\uFFFD\""},
      {"\xc3(", "\"\uFFFD(\""},
      {"\xc0\xaf", "\"\uFFFD\uFFFD\""},
      {"\xed\xa0\x80", "\"\uFFFD\uFFFD\uFFFD\""},
      {"\xf4\x90\x80\x80", "\"\uFFFD\uFFFD\uFFFD\uFFFD\""},
      {"\xf0\x9f\x94", "\"\uFFFD\uFFFD\uFFFD\""},
      {"\",\"outcome\":\"ok", R"("\",\"outcome\":\"ok")"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(Quoted(text), expected);
}

// Any bytes give one line, which an independent parser reads and finds to be valid UTF-8 with the
// fields in place.
TEST(AuditJson, AnyBytesParseBack) {
  constexpr uint32_t kSeed = 20260102;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937 random(kSeed);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 24, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    AuditEvent event = FullEvent();
    event.user = bytes;
    const std::string line = Line(event, kTime);
    ASSERT_EQ(line.find('\n'), line.size() - 1);
    const Json parsed = Json::parse(line);
    ASSERT_EQ(parsed["outcome"], "CODE_REJECTED");
    ASSERT_EQ(parsed.size(), 14U);
    // Valid text comes back unchanged.
    try {
      const std::string valid = Json(bytes).dump();
      ASSERT_EQ(parsed["user"].get<std::string>(), bytes);
    } catch (const Json::type_error&) {
      ASSERT_NE(parsed["user"].get<std::string>().find("\uFFFD"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace twofold
