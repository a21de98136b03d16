#include "tests/model/subject_model.h"

#include <algorithm>
#include <utility>

namespace twofold {
namespace {

using Device = SubjectModel::Device;
using State = SubjectModel::State;

constexpr int64_t kSecond = 1000;
constexpr int64_t kUnit = 86'400 * kSecond / 9;
constexpr UnixMillis kHour = 3600 * kSecond;

int64_t Step(UnixMillis now) { return now / (30 * kSecond); }

bool IsBackup(const std::string& code) { return code.size() == 19; }

auto Find(std::vector<Device>& devices, const std::string& id) {
  return std::find_if(devices.begin(), devices.end(),
                      [&](const Device& d) { return d.app->method_id() == id; });
}

int64_t Count(const std::vector<Device>& devices, State state) {
  return std::count_if(devices.begin(), devices.end(), [state](const Device& d) { return d.state == state; });
}

bool HasDevice(const std::vector<Device>& devices) {
  return Count(devices, State::kPending) != static_cast<int64_t>(devices.size());
}

bool ClockIsBehind(UnixMillis now, const Device& device) {
  return !device.is_hotp && device.next - 1 > Step(now) + 25;
}

// The highest factor of first … last with this code; -1: none.
int64_t Match(const Device& device, int64_t first, int64_t last, const std::string& code) {
  for (int64_t factor = last; factor >= std::max<int64_t>(0, first); --factor) {
    if (device.app->CodeOf(factor) == code) return factor;
  }
  return -1;
}

int64_t MatchLogin(UnixMillis now, const Device& device, const std::string& code) {
  if (device.is_hotp) return Match(device, device.next, device.next + 10, code);
  const int64_t middle = Step(now) + device.offset;
  return Match(device, middle - 1, middle + 1, code);
}

// Whether it is the code that the device accepted last.
bool IsReplay(const Device& device, const std::string& code) {
  return device.next > 0 && device.app->CodeOf(device.next - 1) == code;
}

bool SameSecret(const App& one, const App& other) {
  const auto same = [&](int64_t factor) { return one.CodeOf(factor) == other.CodeOf(factor); };
  return same(1) && same(2) && same(3);
}

void Accept(UnixMillis now, int64_t factor, Device& device) {
  const int64_t from_middle = factor - Step(now) - device.offset;
  device.next = factor + 1;
  if (device.is_hotp) return;
  const int64_t side = from_middle > 0 ? 1 : (from_middle < 0 ? -1 : 0);
  if (side == 0 || side != device.side) {
    device.side = side;
    return;
  }
  device.side = 0;
  const int64_t moved = device.offset + side;
  if (std::abs(moved) <= 3 || std::abs(moved) < std::abs(device.offset)) device.offset = moved;
}

}  // namespace

bool SubjectModel::Refresh(UnixMillis now, Facts& facts) {
  bool cut = false;
  const auto cut_to = [&cut](UnixMillis latest, UnixMillis& time) {
    cut = cut || time > latest + 5 * kSecond;
    time = std::min(time, latest);
  };
  for (Device& device : facts.devices) {
    if (device.state == State::kPending) cut_to(now + 600 * kSecond, device.expires);
  }
  std::erase_if(facts.devices,
                [now](const Device& d) { return d.state == State::kPending && d.expires <= now; });
  for (UnixMillis& time : facts.past) cut_to(now, time);
  std::erase_if(facts.past, [now](UnixMillis time) { return time + 60 * kSecond <= now; });
  cut_to(now + kHour, facts.locked_until);
  cut_to(now + 24 * kUnit, facts.full);
  return cut;
}

UnixMillis SubjectModel::LockedUntil(UnixMillis now, const Facts& facts) {
  const UnixMillis until = std::max(facts.locked_until, facts.full - 19 * kUnit);
  return until > now ? until : 0;
}

bool SubjectModel::Locked(UnixMillis now, const Facts& facts) {
  return facts.failures >= 100 || LockedUntil(now, facts) != 0;
}

std::string SubjectModel::Reject(UnixMillis now, int candidates, bool replayed, Facts& facts) {
  if (!HasDevice(facts.devices) || replayed || Locked(now, facts)) return "CODE_REJECTED";
  facts.failures = std::min(100, facts.failures + 1);
  if (facts.failures >= 5) {
    facts.locked_until = now + std::min(kHour, (30 * kSecond) << std::min(10, facts.failures - 5));
  }
  facts.full = std::max(facts.full, now) + std::clamp((candidates + 2) / 3, 1, 5) * kUnit;
  return "CODE_REJECTED charged";
}

std::string SubjectModel::Judge(UnixMillis now, const std::string& code, const std::string& id,
                                Facts& facts) {
  bool accepted = false;
  bool replayed = false;
  int candidates = 0;
  if (IsBackup(code)) {
    candidates = 1;
    const bool asked = id.empty() || id == "backup";
    const auto at = std::find(facts.codes.begin(), facts.codes.end(), code);
    accepted = asked && at != facts.codes.end();
    replayed = asked && std::find(facts.spent.begin(), facts.spent.end(), code) != facts.spent.end();
    if (accepted) facts.spent.push_back(code);
    if (accepted) facts.codes.erase(at);
  } else {
    if (Locked(now, facts)) return "LOCKED";
    for (const Device& device : facts.devices) {
      const bool asked = device.state == State::kActive && (id.empty() || id == device.app->method_id());
      if (asked && ClockIsBehind(now, device)) return "SERVER_UNFIT";
    }
    for (Device& device : facts.devices) {
      if (device.state != State::kActive || (!id.empty() && id != device.app->method_id())) continue;
      candidates += device.is_hotp ? 11 : 3;
      const int64_t factor = MatchLogin(now, device, code);
      replayed = replayed || IsReplay(device, code);
      if (factor < device.next) continue;
      Accept(now, factor, device);
      accepted = true;
    }
  }
  if (!accepted) return Reject(now, candidates, replayed, facts);
  facts.failures = 0;
  facts.locked_until = 0;
  return "ok";
}

void SubjectModel::Remember(UnixMillis now, Facts& facts) {
  facts.past.push_back(now);
  if (facts.past.size() > 8) facts.past.erase(facts.past.begin());
}

std::string SubjectModel::End(UnixMillis now, const std::string& reason, bool cut, Facts facts) {
  const bool charged = reason == "CODE_REJECTED charged";
  if (reason != "SERVER_UNFIT" && (reason == "ok" || charged || cut)) {
    if (has_request_id_ && (reason == "ok" || charged)) Remember(now, facts);
    facts.exists = !facts.devices.empty() || !facts.codes.empty() || !facts.past.empty() ||
                   facts.failures > 0 || facts.locked_until > now || facts.full > now;
    facts_ = std::move(facts);
  }
  return charged ? "CODE_REJECTED" : reason;
}

std::string SubjectModel::Enroll(UnixMillis now, const std::string& proof) {
  Facts facts = facts_;
  const bool cut = Refresh(now, facts);
  if (!HasDevice(facts.devices)) return "ok";
  if (proof.empty()) return End(now, "PROOF_REQUIRED", cut, facts);
  if (facts.devices.size() >= 10) return End(now, "TOO_MANY_METHODS", cut, facts);
  const std::string reason = Judge(now, proof, "", facts);
  return End(now, reason, cut, facts);
}

void SubjectModel::Enrolled(UnixMillis now, std::shared_ptr<const App> app, bool is_hotp) {
  Refresh(now, facts_);
  Device device;
  device.app = std::move(app);
  device.is_hotp = is_hotp;
  device.expires = now + 600 * kSecond;
  device.proven = HasDevice(facts_.devices);
  if (!device.proven) facts_.devices.clear();
  if (!device.proven && has_request_id_) Remember(now, facts_);
  facts_.devices.push_back(std::move(device));
  facts_.exists = true;
}

std::string SubjectModel::Confirm(UnixMillis now, const std::string& id, const std::string& code,
                                  bool& first) {
  Facts facts = facts_;
  const bool cut = Refresh(now, facts);
  first = false;
  const auto device = Find(facts.devices, id);
  if (device == facts.devices.end()) return End(now, "METHOD_NOT_FOUND", cut, facts);
  if (device->state != State::kPending) return End(now, "METHOD_STATE", cut, facts);
  if (HasDevice(facts.devices) && Locked(now, facts)) return End(now, "LOCKED", cut, facts);
  const int64_t factor = MatchLogin(now, *device, code);
  if (factor < device->next) {
    const std::string reason = Reject(now, device->is_hotp ? 11 : 3, false, facts);
    return End(now, reason, cut, facts);
  }
  first = !HasDevice(facts.devices);
  Accept(now, factor, *device);
  device->state = State::kActive;
  std::erase_if(facts.devices, [](const Device& d) { return d.state == State::kPending && !d.proven; });
  return End(now, "ok", cut, facts);
}

std::string SubjectModel::Verify(UnixMillis now, const std::string& code, const std::string& id) {
  if (code.empty()) return "MALFORMED_CODE";
  Facts facts = facts_;
  const bool cut = Refresh(now, facts);
  const std::string reason = Judge(now, code, id, facts);
  return End(now, reason, cut, facts);
}

std::string SubjectModel::Resync(UnixMillis now, const std::string& id, const std::string& first,
                                 const std::string& second) {
  Facts facts = facts_;
  const bool cut = Refresh(now, facts);
  const auto device = Find(facts.devices, id);
  if (device == facts.devices.end() || device->state != State::kActive) {
    const std::string reason = Reject(now, 0, false, facts);
    return End(now, reason, cut, facts);
  }
  if (ClockIsBehind(now, *device)) return End(now, "SERVER_UNFIT", cut, facts);
  const int64_t from = device->is_hotp ? device->next : Step(now) - 20;
  const int64_t to = device->is_hotp ? device->next + 100 : Step(now) + 20;
  int64_t later = -1;
  for (int64_t at = std::max<int64_t>(0, from); at < to; ++at) {
    if (device->app->CodeOf(at) == first && device->app->CodeOf(at + 1) == second) later = at + 1;
  }
  if (later < 0 || later - 1 < device->next) {
    const bool replayed = device->next > 1 && device->app->CodeOf(device->next - 2) == first &&
                          device->app->CodeOf(device->next - 1) == second;
    const std::string reason = Reject(now, 100, replayed, facts);
    return End(now, reason, cut, facts);
  }
  device->next = later + 1;
  device->side = 0;
  device->offset = device->is_hotp ? 0 : later - Step(now);
  facts.failures = 0;
  facts.locked_until = 0;
  return End(now, "ok", cut, facts);
}

std::string SubjectModel::Rotate(UnixMillis now, const std::string& proof) {
  Facts facts = facts_;
  const bool cut = Refresh(now, facts);
  if (!HasDevice(facts.devices)) return End(now, "NO_DEVICE", cut, facts);
  if (proof.empty()) return End(now, "PROOF_REQUIRED", cut, facts);
  const std::string reason = Judge(now, proof, "", facts);
  return End(now, reason, cut, facts);
}

void SubjectModel::ShowedCodes(std::vector<std::string> codes) {
  facts_.codes = std::move(codes);
  facts_.spent.clear();
}

std::string SubjectModel::DeleteCodes(UnixMillis now, const std::string& proof) {
  const std::string reason = Rotate(now, proof);
  if (reason == "ok") ShowedCodes({});
  return reason;
}

std::string SubjectModel::Delete(UnixMillis now, const std::string& id, const std::string& proof) {
  Facts facts = facts_;
  const bool cut = Refresh(now, facts);
  const auto device = Find(facts.devices, id);
  if (device == facts.devices.end()) return End(now, "METHOD_NOT_FOUND", cut, facts);
  if (device->state == State::kActive && Count(facts.devices, State::kActive) == 1 &&
      Count(facts.devices, State::kDisabled) > 0) {
    return End(now, "LAST_METHOD", cut, facts);
  }
  if (HasDevice(facts.devices)) {
    if (proof.empty()) return End(now, "PROOF_REQUIRED", cut, facts);
    const std::string reason = Judge(now, proof, "", facts);
    if (reason != "ok") return End(now, reason, cut, facts);
  }
  facts.devices.erase(device);
  if (!HasDevice(facts.devices)) {
    facts.codes.clear();
    facts.spent.clear();
  }
  return End(now, "ok", cut, facts);
}

std::string SubjectModel::SetEnabled(UnixMillis now, const std::string& id, bool enabled,
                                     const std::string& proof) {
  Facts facts = facts_;
  const bool cut = Refresh(now, facts);
  const auto device = Find(facts.devices, id);
  if (device == facts.devices.end()) return End(now, "METHOD_NOT_FOUND", cut, facts);
  if (device->state == State::kPending) return End(now, "METHOD_STATE", cut, facts);
  const bool last = device->state == State::kActive && Count(facts.devices, State::kActive) == 1;
  if (last && !enabled) return End(now, "LAST_METHOD", cut, facts);
  if (proof.empty()) return End(now, "PROOF_REQUIRED", cut, facts);
  const std::string reason = Judge(now, proof, "", facts);
  if (reason == "ok") device->state = enabled ? State::kActive : State::kDisabled;
  return End(now, reason, cut, facts);
}

std::string SubjectModel::Unlock(UnixMillis now) {
  if (!facts_.exists) return "ok";
  Facts facts = facts_;
  Refresh(now, facts);
  facts.failures = 0;
  facts.locked_until = 0;
  facts.full = 0;
  return End(now, "ok", false, facts);
}

std::string SubjectModel::Reset(UnixMillis now) {
  if (!facts_.exists) return "ok";
  return End(now, "ok", false, Facts());
}

std::string SubjectModel::Import(UnixMillis now, const App& app, bool is_hotp, bool& is_new) {
  Facts facts = facts_;
  const bool cut = Refresh(now, facts);
  is_new = false;
  const auto twin = std::find_if(facts.devices.begin(), facts.devices.end(),
                                 [&app](const Device& d) { return SameSecret(*d.app, app); });
  if (twin != facts.devices.end()) {
    const bool same = twin->is_hotp == is_hotp && twin->state != State::kPending;
    return End(now, same ? "ok" : "DUPLICATE_SECRET", cut, facts);
  }
  if (!HasDevice(facts.devices)) std::erase_if(facts.devices, [](const Device& d) { return !d.proven; });
  if (facts.devices.size() >= 10) return End(now, "TOO_MANY_METHODS", cut, facts);
  is_new = true;
  return End(now, "ok", cut, facts);
}

void SubjectModel::Imported(std::shared_ptr<const App> app, bool is_hotp, int64_t next, bool disabled) {
  Device device;
  device.app = std::move(app);
  device.is_hotp = is_hotp;
  device.state = disabled ? State::kDisabled : State::kActive;
  device.next = next;
  facts_.devices.push_back(std::move(device));
  facts_.exists = true;
}

SubjectModel::View SubjectModel::Look(UnixMillis now) const {
  Facts facts = facts_;
  Refresh(now, facts);
  View view;
  view.required = HasDevice(facts.devices);
  view.exists = facts.exists;
  view.devices = std::move(facts.devices);
  view.unused_codes = facts.codes.size();
  view.permanently_locked = facts.failures >= 100;
  view.locked_until = view.permanently_locked ? 0 : LockedUntil(now, facts);
  return view;
}

}  // namespace twofold
