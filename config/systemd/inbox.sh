#!/bin/sh
# Runs every complete file in FOLDER/inbox, one after another, and moves it away once its run is stored.
#
#   inbox.sh FOLDER [OPTION...]       the options are handed to `presence-worker run`
#
#   FOLDER/inbox                      put files here under a name ending in .part or .tmp; rename them when complete
#   FOLDER/done/RUN/FILE              stored as RUN; what is left of it is continued by `presence-worker resume`
#   FOLDER/refused/TIME/FILE          nothing was sent: mend the file and put it into the inbox again
#
# Taken are plain files named *.csv, *.json, *.jsonl, *.xlsx, *.gz, *.zst and *.zip, in the order of their names; no
# dot-files, no links. A file with a second name (a hard link) may be a foreign one: it stays, and is reported (4).
# A file goes to done/ when the summary names a run: a run that was stopped is resumed, its file is not run again.
# A file whose run was never stored (exit codes 2 and 7, for instance) stays in the inbox for the next time, and so does one
# whose run went to a wrong address: once that is corrected, it has to be run anew.
# After 2, 6, 7 and a signal the remaining files wait, too. Ends with 0, or with the last exit code that was not 0.
# Is the power cut in the middle of a run, its file is run again: the same values are sent once more, which changes nothing.
#
# Install: see presence-worker.service. With cron: see ../cron/presence-worker.

set -u

say() {
    printf 'inbox.sh: %s\n' "$1" >&2
}

# wanted PATH: is it a complete job?
wanted() {
    [ -f "$1" ] && [ ! -L "$1" ] || return 1
    case $1 in
        *.[cC][sS][vV] | *.[jJ][sS][oO][nN] | *.[jJ][sS][oO][nN][lL] | *.[xX][lL][sS][xX]) return 0 ;;
        *.[gG][zZ] | *.[zZ][sS][tT] | *.[zZ][iI][pP]) return 0 ;;
    esac
    return 1
}

# same PATH: what tells this file from another one that takes its name
same() {
    stat -c '%i %s %y' "$1" 2>/dev/null
}

# several PATH: has the file more names than this one?
several() {
    [ "$(stat -c '%h' "$1" 2>/dev/null || echo 1)" != 1 ]
}

# member SUMMARY NAME: a text of the summary; nothing where it is null. Only the object's own members count: objects
# inside it name other runs, and texts may say anything.
member() {
    printf '%s\n' "$1" | awk -v wanted="\"$2\"" '
        { text = text $0 }
        END {
            while (match(text, /"([^"\\]|\\.)*"|[][{}]/)) {
                found = substr(text, RSTART, RLENGTH)
                text = substr(text, RSTART + RLENGTH)
                if (found ~ /^[[{]$/) depth++
                else if (found ~ /^[]}]$/) depth--
                else if (depth == 1 && found == wanted && match(text, /^[ \t]*:[ \t]*"[^"\\]*/)) {
                    value = substr(text, RSTART, RLENGTH)
                    sub(/^[ \t]*:[ \t]*"/, "", value)
                    print value
                    exit
                }
            }
        }'
}

# put PATH KIND NAME: move a file into KIND/NAME, or KIND/NAME.2 and so on; never over another file
put() {
    target=$folder/$2/$3
    number=1
    until mkdir "$target" 2>/dev/null; do
        if [ ! -e "$target" ]; then
            break # for another reason than being there; mv will say which
        fi
        number=$((number + 1))
        target=$folder/$2/$3.$number
    done
    if ! mv "$1" "$target/"; then
        say "$1 was dealt with but cannot be moved to $target; move it by hand, or it is run again"
        exit 1
    fi
    say "$1: exit code $code, now in $target"
}

# take PATH [OPTION...]: run one file and put it where it belongs; sets code, left and more
take() {
    file=$1
    shift
    before=$(same "$file")
    summary=$(presence-worker run "$file" "$@" --json </dev/null)
    code=$?
    run=$(member "$summary" run_id)
    next=$(member "$summary" next)
    if [ -n "$summary" ]; then
        printf '%s\n' "$summary"
    fi

    if [ "$(same "$file")" != "$before" ]; then
        say "$file: exit code $code; removed or replaced meanwhile; what is there now is a new file"
        more=yes
        return
    fi
    case $code:$run in
        6:?*)
            case $next in # nothing was applied, and the run belongs to a wrong address: the file is to be run again
                "presence-worker run "*) say "$file: exit code 6, nothing was applied; it stays and is tried again" && left=yes ;;
                *) put "$file" "done" "$run" && more=yes ;;
            esac ;;
        4:*) put "$file" refused "$(date -u +%Y%m%dT%H%M%SZ)" && more=yes ;;
        [035]: | *:?*) put "$file" "done" "${run:-$(date -u +%Y%m%dT%H%M%SZ)}" && more=yes ;;
        *) say "$file: exit code $code, no run was stored; it stays and is tried again" && left=yes ;;
    esac
}

if [ $# -eq 0 ]; then
    say "name the folder: inbox.sh FOLDER [OPTION...]"
    exit 2
fi
case $1 in
    /*) folder=$1 ;;
    *) folder=$PWD/$1 ;;
esac
shift
for part in inbox "done" refused; do
    if [ ! -d "$folder/$part" ] || [ ! -w "$folder/$part" ]; then
        say "$folder/$part: no such folder, or $(id -un) may not write to it"
        exit 2
    fi
done

exec 9<"$folder/inbox"
if ! flock -n 9; then
    say "another inbox.sh is at work on $folder"
    exit 7
fi

told_to_stop=
trap 'told_to_stop=yes' HUP INT TERM # presence-worker gets the signal as well; its file is moved before we go

worst=0
more=yes
left=
while [ -n "$more" ] && [ -z "$left" ]; do
    more=
    for path in "$folder/inbox"/*; do
        wanted "$path" || continue
        if several "$path"; then
            say "$path has a second name (a hard link), so it may be a foreign file; copy it into the inbox instead"
            worst=4
            continue
        fi
        take "$path" "$@"
        [ "$code" -eq 0 ] || worst=$code
        case $code in
            2 | 6 | 7 | 130 | 143) exit "$code" ;;
        esac
        [ -z "$told_to_stop" ] || exit 143
    done
done
exit "$worst"
