#ifndef TWOFOLD_TESTS_MODEL_SUBJECT_MODEL_H_
#define TWOFOLD_TESTS_MODEL_SUBJECT_MODEL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/clock.h"
#include "tests/harness/user.h"

namespace twofold {

// What a subject is expected to be and to answer, written down a second time and as plainly as it goes: no
// storage, no sealing, no constant time, and the numbers of the default limits spelled out. Every call
// returns the reason that the service should give.
class SubjectModel {
 public:
  enum class State { kPending, kActive, kDisabled };

  struct Device {
    std::shared_ptr<const App> app;
    bool is_hotp = false;
    State state = State::kPending;
    bool proven = false;
    UnixMillis expires = 0;
    // The lowest step or counter that was never accepted.
    int64_t next = 0;
    int64_t offset = 0;
    int64_t side = 0;
  };

  // Says whether the calls from now on have a request id. The service remembers such calls for a
  // minute.
  void SetHasRequestId(bool has) { has_request_id_ = has; }

  // `proof` and `code` are texts as a user types them; "" is none. What the service makes up is put in
  // afterwards.
  std::string Enroll(UnixMillis now, const std::string& proof);
  void Enrolled(UnixMillis now, std::shared_ptr<const App> app, bool is_hotp);
  // With a true `first` the service shows new backup codes.
  std::string Confirm(UnixMillis now, const std::string& id, const std::string& code, bool& first);
  std::string Verify(UnixMillis now, const std::string& code, const std::string& id);
  std::string Resync(UnixMillis now, const std::string& id, const std::string& first,
                     const std::string& second);
  std::string Rotate(UnixMillis now, const std::string& proof);
  void ShowedCodes(std::vector<std::string> codes);
  std::string DeleteCodes(UnixMillis now, const std::string& proof);
  std::string Delete(UnixMillis now, const std::string& id, const std::string& proof);
  std::string SetEnabled(UnixMillis now, const std::string& id, bool enabled, const std::string& proof);
  std::string Unlock(UnixMillis now);
  std::string Reset(UnixMillis now);
  // A false `is_new`: the subject has this method.
  std::string Import(UnixMillis now, const App& app, bool is_hotp, bool& is_new);
  void Imported(std::shared_ptr<const App> app, bool is_hotp, int64_t next, bool disabled);

  // As a reading at `now` finds it.
  struct View {
    std::vector<Device> devices;
    size_t unused_codes = 0;
    bool required = false;
    // Something is stored of the subject.
    bool exists = false;
    bool permanently_locked = false;
    // 0: not locked, or hard.
    UnixMillis locked_until = 0;
  };
  View Look(UnixMillis now) const;

 private:
  struct Facts {
    bool exists = false;
    std::vector<Device> devices;
    std::vector<std::string> codes;
    // Of the same set.
    std::vector<std::string> spent;
    // When calls with a request id were made, oldest first.
    std::vector<UnixMillis> past;
    int failures = 0;
    UnixMillis locked_until = 0;
    // When the long-term budget is full again.
    UnixMillis full = 0;
  };

  // Facts at `now`; true when a clock that went back made something shorter.
  static bool Refresh(UnixMillis now, Facts& facts);
  static UnixMillis LockedUntil(UnixMillis now, const Facts& facts);
  static bool Locked(UnixMillis now, const Facts& facts);
  static std::string Reject(UnixMillis now, int candidates, bool replayed, Facts& facts);
  static std::string Judge(UnixMillis now, const std::string& code, const std::string& id, Facts& facts);
  static void Remember(UnixMillis now, Facts& facts);
  // Makes `facts` the truth where the answer or a cut says so.
  std::string End(UnixMillis now, const std::string& reason, bool cut, Facts facts);

  Facts facts_;
  bool has_request_id_ = false;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_MODEL_SUBJECT_MODEL_H_
