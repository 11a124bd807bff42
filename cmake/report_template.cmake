# Makes report-template.html of report/ and the packages that scripts/deps installs: everything in one
# file, which `weft bench report` puts its figures into. Run by CMakeLists.txt:
#   cmake -D SOURCE=.../report -D MODULES=.../node_modules -D OUTPUT=FILE -P report_template.cmake

set(scripts data format page slower curves roofline peers history main) # each uses those before it
set(libraries d3/dist/d3.min.js @observablehq/plot/dist/plot.umd.min.js)

set(libraries_text "")
set(licenses "")
foreach(library ${libraries})
    file(READ ${MODULES}/${library} text)
    string(APPEND libraries_text "${text}\n")
    string(REGEX REPLACE "/dist/.*" "" package ${library})
    file(READ ${MODULES}/${package}/LICENSE text)
    string(APPEND licenses "${package}\n\n${text}\n")
endforeach()
set(scripts_text "")
foreach(script ${scripts})
    file(READ ${SOURCE}/${script}.js text)
    string(APPEND scripts_text "${text}\n")
endforeach()
file(READ ${SOURCE}/style.css style)
file(READ ${SOURCE}/template.html page)

# In a page these would end what they stand in.
foreach(text libraries_text scripts_text)
    if("${${text}}" MATCHES "</script|<!--")
        message(FATAL_ERROR "report: a script holds '</script' or '<!--', which ends it in a page")
    endif()
endforeach()
if("${licenses}" MATCHES "-->")
    message(FATAL_ERROR "report: a license holds '-->', which ends a comment")
endif()

string(REPLACE "@STYLE@" "${style}" page "${page}")
string(REPLACE "@LICENSES@" "${licenses}" page "${page}")
string(REPLACE "@SCRIPTS@" "${scripts_text}" page "${page}")
string(REPLACE "@LIBRARIES@" "${libraries_text}" page "${page}")
file(WRITE ${OUTPUT} "${page}")
