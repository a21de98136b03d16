// Takes the token from the link's fragment, which no server and no log sees, and posts it for a session.
"use strict";

const form = document.getElementById("start");
form.elements.token.value = location.hash.slice(1);
history.replaceState(null, "", location.pathname);
form.submit();
