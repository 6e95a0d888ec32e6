#!/bin/sh
# Runs every complete file in FOLDER/inbox, one after another. After the run it moves the file away.
#
#   inbox.sh FOLDER [OPTION...]       `presence-worker run` gets the options
#
#   FOLDER/inbox                      copy files here under a name that ends in .part or .tmp; rename them when complete
#   FOLDER/done/RUN/FILE              stored as RUN; `presence-worker resume` continues it
#   FOLDER/refused/TIME/FILE          nothing was sent: correct the file and put it into the inbox again
#
# It takes plain files named *.csv, *.json, *.jsonl, *.xlsx, *.gz, *.zst and *.zip, in the order of their names. It takes no
# hidden files and no links. A file with a second name (a hard link) may be a foreign one: it stays, and is reported (4).
# A file goes to done/ when the summary names a run. Resume a stopped run; do not run its file again.
# A file without a stored run (for example after exit codes 2 and 7) stays in the inbox for the next time. So does a file
# whose run went to a wrong address: correct the address, then the file runs again.
# After 2, 6, 7 and a signal the other files wait, too. inbox.sh ends with 0, or with the last exit code that was not 0.
# If the power fails during a run, its file runs again. It sends the same values, which changes nothing.
#
# Install: see presence-worker.service. With cron: see ../cron/presence-worker.

set -u

say() {
    printf 'inbox.sh: %s\n' "$1" >&2
}

# wanted PATH: is it a complete file?
wanted() {
    [ -f "$1" ] && [ ! -L "$1" ] || return 1
    case $1 in
        *.[cC][sS][vV] | *.[jJ][sS][oO][nN] | *.[jJ][sS][oO][nN][lL] | *.[xX][lL][sS][xX]) return 0 ;;
        *.[gG][zZ] | *.[zZ][sS][tT] | *.[zZ][iI][pP]) return 0 ;;
    esac
    return 1
}

# same PATH: what distinguishes this file from another file with its name
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

# put PATH KIND NAME: move a file into KIND/NAME, or KIND/NAME.2 and so on; never overwrite a file
put() {
    target=$folder/$2/$3
    number=1
    until mkdir "$target" 2>/dev/null; do
        if [ ! -e "$target" ]; then
            break # mkdir failed for another reason; mv names it
        fi
        number=$((number + 1))
        target=$folder/$2/$3.$number
    done
    if ! mv "$1" "$target/"; then
        say "$1 was run, but cannot be moved to $target; move it by hand, or it runs again"
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
        say "$file: exit code $code; the file was removed or replaced during the run; a file there now is a new one"
        more=yes
        return
    fi
    case $code:$run in
        6:?*)
            case $next in # nothing was applied, because the address was wrong: run the file again
                "presence-worker run "*) say "$file: exit code 6, nothing was applied; the file stays and runs again" && left=yes ;;
                *) put "$file" "done" "$run" && more=yes ;;
            esac ;;
        4:*) put "$file" refused "$(date -u +%Y%m%dT%H%M%SZ)" && more=yes ;;
        [035]: | *:?*) put "$file" "done" "${run:-$(date -u +%Y%m%dT%H%M%SZ)}" && more=yes ;;
        *) say "$file: exit code $code, no run was stored; the file stays and runs again" && left=yes ;;
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
    say "another inbox.sh uses $folder"
    exit 7
fi

must_stop=
trap 'must_stop=yes' HUP INT TERM # presence-worker gets the signal as well; move its file before the end

worst=0
more=yes
left=
while [ -n "$more" ] && [ -z "$left" ]; do
    more=
    for path in "$folder/inbox"/*; do
        wanted "$path" || continue
        if several "$path"; then
            say "$path has a second name (a hard link), so it may not be yours; copy it into the inbox instead"
            worst=4
            continue
        fi
        take "$path" "$@"
        [ "$code" -eq 0 ] || worst=$code
        case $code in
            2 | 6 | 7 | 130 | 143) exit "$code" ;;
        esac
        [ -z "$must_stop" ] || exit 143
    done
done
exit "$worst"
