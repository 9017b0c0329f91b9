// Says on the page that a security key or passkey did not work, where allauth only says so in the console.
document.addEventListener("allauth.error", () => {
  document.querySelectorAll("[data-passkey-error]").forEach((sentence) => {
    sentence.hidden = false;
  });
});
