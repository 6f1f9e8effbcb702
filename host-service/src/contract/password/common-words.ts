/**
 * Words that guessing programs try first, English and German, in lower case without accents. Short on purpose: the full estimate of how
 * good a password is comes with the strength meter.
 */
export const COMMON_WORDS: readonly string[] = `
admin administrator appliance access account root user guest owner manager operator support service server system
computer internet network default demo test tester testing temp temporary sample example changeme change secret secure security
password passwort passwd pass kennwort geheim login logon signin anmeldung welcome willkommen hello hallo letmein open sesame
master control plane install installer setup update office buero company firma business team work arbeit
monkey dragon shadow sunshine princess football baseball soccer hockey superman batman starwars pokemon flower
summer winter spring autumn sommer herbst fruehling monday montag january januar december dezember
iloveyou lovely love liebe schatz mausi hund katze family familie freedom whatever trustno michael jennifer
jordan hunter killer mustang charlie thomas daniel andrew michelle jessica ashley nicole matthew
berlin hamburg muenchen deutschland germany america london
qwerty qwertz azerty asdf zxcv yxcv abc xyz foobar dummy
google facebook microsoft windows linux ubuntu kubernetes docker oracle cisco apple samsung android
correcthorsebatterystaple correct horse battery staple
`
  .trim()
  .split(/\s+/)
  .sort((one, other) => other.length - one.length);
