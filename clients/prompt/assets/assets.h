#ifndef TWOFOLD_CLIENTS_PROMPT_ASSETS_ASSETS_H_
#define TWOFOLD_CLIENTS_PROMPT_ASSETS_ASSETS_H_

#include <functional>
#include <map>
#include <string>

namespace twofold {

// A file that the page serves and that never changes at its address.
struct Asset {
  std::string path;  // with a slash at its front
  std::string content_type;
  std::string content;
};

// The files of this folder by their names, such as "prompt.css". The build makes them.
const std::map<std::string, Asset, std::less<>>& Assets();

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_ASSETS_ASSETS_H_
